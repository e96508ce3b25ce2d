#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "err.h"
#include "own.h"
#include "str.h"

#define EACH_STAGE(s, r) (const struct stage *s = stages; s->name; s++) if (stage_is_wanted(s, (r)->plan))

/* In the first process: takes the supervisor's gifts until it says that these are all. */
static int receive_grants(struct run *r, struct err *e)
{
	struct message m;
	int got;

	while ((got = channel_receive(r->channel, &m, e)) > 0) {
		switch (m.kind) {
		case MESSAGE_ROOT:
			r->root_mount = m.fd;
			break;
		case MESSAGE_MOUNT:
		case MESSAGE_DEVICE:
			fixture_add(&r->fixtures, &(struct fixture){.fd = m.fd, .device = m.kind == MESSAGE_DEVICE,
								    .target = str_dup(m.text)});
			break;
		case MESSAGE_GRANTED:
			return 0;
		default:
			return err_set(e, "the supervisor said something odd (%d)", m.kind);
		}
	}
	if (got == 0)
		_exit(125);	/* it is gone; there is nobody to tell */
	return -1;
}

static int enter_stages(struct run *r, struct err *e)
{
	bool granted = false;

	for EACH_STAGE(s, r) {
		/* Not before the first stage that needs them: what can be done meanwhile is. */
		if (s->grant && !granted) {
			if (receive_grants(r, e) < 0)
				return -1;
			granted = true;
		}
		if (s->enter && s->enter(r, e) < 0)
			return -1;
	}
	for EACH_STAGE(s, r)
		if (s->seal && s->seal(r, e) < 0)
			return -1;
	return 0;
}

/* The container's first process, from its first instruction to execve. */
__attribute__((noreturn)) static void first_process(struct run *r)
{
	struct message m;
	struct err e;

	/* It dies with its supervisor; set again later, since changing ids clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (enter_stages(r, &e) == 0 && channel_send(r->channel, MESSAGE_READY, NULL, -1, &e) == 0 &&
	    channel_receive(r->channel, &m, &e) > 0)
		program_exec(&r->program, r->channel, &e);
	channel_send_failure(r->channel, &e);
	_exit(125);
}

static int clone_first(struct run *r, struct err *e)
{
	struct clone_args args = {.exit_signal = SIGCHLD, .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&r->pidfd};
	int ends[2];
	pid_t pid;

	for EACH_STAGE(s, r)
		args.flags |= s->clone_flag;
	if (r->group.v2 >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)r->group.v2;
	}
	if (channel_open(ends, e) < 0)
		return -1;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0) {
		err_sys(e, "make the first process");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (pid == 0) {
		close(ends[0]);
		r->channel = ends[1];
		first_process(r);
	}
	close(ends[1]);
	r->channel = ends[0];
	r->pid = pid;
	return 0;
}

/* Until the first process is ready, or until it has executed (no more to hear). */
static int hear(struct run *r, bool executing, struct err *e)
{
	int got = channel_hear(r->channel, &r->streams.master, e);

	if (got < 0)
		return -1;
	return (got == 0) == executing ? 0 :
	       err_set(e, "the first process was killed before it could execute anything (too little memory?)");
}

/* Shared with what is cloned, until that executes; an init never does. */
static int share_ending(struct run *r, struct err *e)
{
	void *shared = mmap(NULL, sizeof(*r->program.killed_by), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return err_sys(e, "--init");
	r->program.killed_by = shared;
	return 0;
}

int spawn_create(struct run *r, struct err *e)
{
	r->rootfs = r->userns = r->channel = r->pidfd = r->files = -1;
	r->root_mount = r->root = r->host = r->dev = -1;
	r->group = (struct limit_group){.v2 = -1};
	r->streams = (struct streams){{-1, -1, -1}, {-1, -1, -1}, -1};
	r->program = (struct program){.args = &r->plan->args, .workdir = r->plan->workdir, .workdir_fd = -1,
				      .tty = r->plan->tty, .init = r->plan->init,
				      .as_is = str_equal(r->plan->userns, "unmapped")};
	for (size_t i = 0; i < r->plan->env.n; i++)
		strv_add(&r->program.env, r->plan->env.v[i]);
	r->files = openat(r->store->run, r->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->files < 0)
		return err_sys(e, "%s/%s", r->store->run_path, r->id);
	if (r->program.init && share_ending(r, e) < 0)
		goto failed;
	for EACH_STAGE(s, r)
		if (s->prepare && s->prepare(r, e) < 0)
			goto failed;
	if (clone_first(r, e) < 0)
		goto failed;
	for EACH_STAGE(s, r)
		if (s->grant && s->grant(r, e) < 0)
			goto failed;
	streams_close_theirs(&r->streams);
	if (channel_send(r->channel, MESSAGE_GRANTED, NULL, -1, e) == 0 && hear(r, false, e) == 0)
		return 0;
failed:
	spawn_undo(r);
	return -1;
}

int spawn_execute(struct run *r, struct err *e)
{
	for EACH_STAGE(s, r)
		if (s->release && s->release(r, e) < 0)
			goto failed;
	if (channel_send(r->channel, MESSAGE_EXECUTE, NULL, -1, e) == 0 && hear(r, true, e) == 0) {
		shut_fd(&r->channel);
		return 0;
	}
failed:
	spawn_undo(r);
	return -1;
}

void spawn_forget(struct run *r)
{
	streams_close(&r->streams);
	limit_close(&r->group);
	shut_fd(&r->channel);
	shut_fd(&r->pidfd);
	shut_fd(&r->userns);
	shut_fd(&r->rootfs);
	shut_fd(&r->files);
	if (r->program.killed_by)
		munmap(r->program.killed_by, sizeof(*r->program.killed_by));
	r->program.killed_by = NULL;
	strv_free(&r->program.env);
	free(take_ptr(&r->group_path));
}

void spawn_undo(struct run *r)
{
	size_t n = 0;

	if (r->pidfd >= 0) {
		pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	for (const struct stage *s = stages; s->name; s++)
		n++;
	while (n-- > 0)
		if (stages[n].undo && stage_is_wanted(&stages[n], r->plan))
			stages[n].undo(r);
	spawn_forget(r);
}
