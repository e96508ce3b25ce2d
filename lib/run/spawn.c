#include "run/spawn.h"

#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/proc.h"
#include "run/channel.h"
#include "run/clonefirst.h"
#include "run/firstprocess.h"
#include "run/look.h"
#include "run/show.h"

static int clone_first(struct run *r, struct err *e)
{
	uint64_t flags = 0;
	int ends[2];

	if (channel_open(ends, e) < 0)
		return -1;
	EACH_STAGE(s, r)
		flags |= s->clone_flag;
	r->supervisor.pid = clonefirst(r, flags, e);
	if (r->supervisor.pid == 0) {
		close(ends[0]);
		r->channel = ends[1];
		firstprocess_run(r);
	}
	close(ends[1]);
	r->channel = ends[0];
	return r->supervisor.pid < 0 ? -1 : 0;
}

static int killed(struct err *e)
{
	return err_set(
		e,
		"the first process was killed before it could execute anything (too little memory?)");
}

static int hear_ready(struct run *r, struct err *e)
{
	int got = channel_hear(r->channel, &r->supervisor.streams.master, e);

	return got == 0 ? killed(e) : got < 0 ? -1 : 0;
}

/*
 * The channel is closed by execve(2), and by the death of the process. (With --init the first
 * process never executes: the program is its child.) */
static int hear_executed(struct run *r, struct err *e)
{
	int got = channel_hear(r->channel, &r->supervisor.streams.master, e);

	if (got < 0)
		return -1;
	return got == 0 && (r->first.program.init || proc_has_executed(r->supervisor.pid))
		? 0
		: killed(e);
}

int spawn_prepare(struct run *r, struct err *e)
{
	run_begin(r);
	r->stages = r->stages ? r->stages : stages;
	explain_at(plan_stage_names[STAGE_ROOT]); /* for the files of the container's /etc */
	if (run_open(r, e) < 0)
		return -1;
	EACH_STAGE(s, r)
		if (show_prepare(s, r, e) < 0)
			return -1;
	return 0;
}

int spawn_create(struct run *r, struct err *e)
{
	if (spawn_prepare(r, e) < 0 || clone_first(r, e) < 0)
		goto failed;
	EACH_STAGE(s, r) {
		explain_at(plan_stage_names[s->id]);
		if (s->grant && s->grant(r, e) < 0)
			goto failed;
	}
	explain_at(NULL);
	streams_close_theirs(&r->supervisor.streams);
	if (channel_send(r->channel, MESSAGE_GRANTED, NULL, -1, e) == 0)
		return 0;
failed:
	spawn_undo(r);
	return -1;
}

int spawn_await(struct run *r, struct err *e)
{
	if (hear_ready(r, e) == 0)
		return 0;
	spawn_undo(r);
	return -1;
}

int spawn_execute(struct run *r, struct err *e)
{
	EACH_STAGE(s, r) {
		explain_at(plan_stage_names[s->id]);
		if (s->release && s->release(r, e) < 0)
			goto failed;
	}
	explain_at(NULL);
	if (channel_send(r->channel, MESSAGE_EXECUTE, NULL, -1, e) == 0 &&
	    hear_executed(r, e) == 0) {
		shut_fd(&r->channel);
		look_end();
		spare_prepare(r->spares, r->store, r->supervisor.pid);
		return 0;
	}
failed:
	spawn_undo(r);
	return -1;
}

void spawn_undo(struct run *r)
{
	size_t n = 0;

	if (r->supervisor.pidfd >= 0) {
		pidfd_send_signal(r->supervisor.pidfd, SIGKILL, NULL, 0);
		proc_wait_child(r->supervisor.pid);
	}
	while (r->stages[n].says)
		n++;
	while (n-- > 0)
		if (r->stages[n].undo && stage_is_wanted(&r->stages[n], r->plan))
			r->stages[n].undo(r);
	run_end(r);
}
