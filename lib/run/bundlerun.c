#include "run/bundlerun.h"

#include "base/err.h"
#include "base/own.h"
#include "run/bundlestage.h"
#include "run/channel.h"
#include "run/consolesocket.h"
#include "run/spawn.h"
#include "run/startsocket.h"

static int take_console(struct bundlerun *b, struct err *e)
{
	b->master = take_fd(&b->run.supervisor.streams.master);
	return consolesocket_send(b->console, &b->master, e);
}

int bundlerun_create(struct bundlerun *b, struct err *e)
{
	struct run *r = &b->run;

	b->pid = 0;
	b->pidfd = b->master = -1;
	*r = (struct run){.plan = b->plan,
			  .id = b->id,
			  .hostname = b->plan->hostname,
			  .image = -1,
			  .home = -1,
			  .input = true,
			  .notes = &b->notes,
			  .stages = bundle_stages,
			  .await = bundlestage_await,
			  .state = b->state};
	if (spawn_create(r, e) < 0)
		return -1;
	if (bundlestage_hooks(r, e) < 0)
		goto failed;
	if (spawn_await(r, e) < 0)
		return -1;
	b->pid = r->supervisor.pid;
	b->pidfd = r->supervisor.pidfd;
	if (take_console(b, e) == 0)
		return 0;
failed:
	spawn_undo(r);
	return -1;
}

/* What the stages do last, as the supervisor is still there. */
static int release(struct run *r, struct err *e)
{
	EACH_STAGE(s, r)
		if (s->release && s->release(r, e) < 0)
			return -1;
	return 0;
}

int bundlerun_leave(struct bundlerun *b, struct err *e)
{
	struct run *r = &b->run;
	int ignored = -1;

	/* The first process closes the channel when it no longer dies with this process. */
	if (release(r, e) == 0 && channel_send(r->channel, MESSAGE_LEAVE, NULL, -1, e) == 0 &&
	    channel_hear(r->channel, &ignored, e) >= 0)
		return 0;
	spawn_undo(r);
	return -1;
}

int bundlerun_execute(struct bundlerun *b, struct err *e)
{
	return spawn_execute(&b->run, e);
}

void bundlerun_undo(struct bundlerun *b)
{
	spawn_undo(&b->run);
}

int bundlerun_start(int state, struct err *e)
{
	return startsocket_send(state, e);
}
