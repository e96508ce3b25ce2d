#include "run/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"
#include "container/rootfs.h"
#include "kernel/namespace.h"
#include "kernel/owner.h"
#include "run/channel.h"
#include "run/hostmounts.h"
#include "run/netstage.h"
#include "run/show.h"

#define EACH_STAGE(s, r)                                   \
	for (const struct stage *s = stages; s->says; s++) \
		if (stage_is_wanted(s, (r)->plan))

/* In the first process: takes the supervisor's gifts until it says that these are all. */
static int receive_grants(struct run *r, struct err *e)
{
	struct message m;
	int got;

	while ((got = channel_receive(r->channel, &m, e)) > 0) {
		switch (m.kind) {
		case MESSAGE_MOUNT:
			if (hostmounts_take(r, &m, e) < 0)
				return -1;
			break;
		case MESSAGE_GRANTED:
			return 0;
		default:
			return err_set(e, "the supervisor said something odd (%d)", m.kind);
		}
	}
	if (got == 0)
		_exit(125); /* it is gone; there is nobody to tell */
	return -1;
}

static int enter_stages(struct run *r, struct err *e)
{
	bool granted = false;

	EACH_STAGE(s, r) {
		/* Not before the first stage that needs them: what can be done meanwhile is. */
		if (s->grant && !granted && r->channel >= 0) {
			if (receive_grants(r, e) < 0)
				return -1;
			granted = true;
		}
		if (!show_late(s)) {
			if (show_next(s, true, e) < 0)
				return -1;
			show_same(s, r, true);
		}
		if (s->enter && s->enter(r, e) < 0)
			return -1;
	}
	if (!granted && r->channel >= 0 && receive_grants(r, e) < 0)
		return -1;
	EACH_STAGE(s, r) {
		if (!show_late(s))
			continue;
		if (show_next(s, true, e) < 0)
			return -1;
		show_same(s, r, true);
		if (s->seal && s->seal(r, e) < 0)
			return -1;
	}
	return 0;
}

/* The container's first process, from its first instruction to execve. */
__attribute__((noreturn)) static void first_process(struct run *r)
{
	struct message m;
	struct err e;

	/* It dies with its supervisor; set again later, since changing ids clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (enter_stages(r, &e) == 0 &&
	    channel_send(r->channel, MESSAGE_READY, NULL, -1, &e) == 0 &&
	    channel_receive(r->channel, &m, &e) > 0)
		program_exec(&r->program, r->channel, &e);
	channel_send_failure(r->channel, &e);
	/* Its words are lost with a socket that is closed before all on it was read; the supervisor
	 * ends this. */
	while (channel_receive(r->channel, &m, &e) > 0)
		continue;
	_exit(125);
}

/* What a user without rights runs into first. */
static int namespaces_failed(const char *what, struct err *e)
{
	return errno == EPERM
		? err_set(e, "%s: only root may, or who has the stage user before it", what)
		: err_sys(e, "%s", what);
}

/*
 * In the namespaces of another container, by way of a process that enters them: the first
 * process is its child in them, and ours otherwise.
 */
static pid_t clone_within(struct run *r, struct clone_args args)
{
	pid_t way, pid = -EAGAIN;
	int tell[2];

	if (pipe2(tell, O_CLOEXEC) < 0)
		return -1;
	way = fork();
	if (way == 0) {
		args.flags = (args.flags & ~(uint64_t)CLONE_PIDFD) | CLONE_PARENT;
		args.exit_signal =
			0; /* as clone3(2) wants it then: it is the one of this process */
		if ((r->net.shared_user < 0 || setns(r->net.shared_user, CLONE_NEWUSER) == 0) &&
		    setns(r->net.shared, CLONE_NEWNET) == 0)
			pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
		else
			pid = -1;
		if (pid == 0)
			return 0;
		pid = pid < 0 ? -errno : pid;
		_exit(write(tell[1], &pid, sizeof(pid)) != sizeof(pid));
	}
	close(tell[1]);
	if (way < 0 || read(tell[0], &pid, sizeof(pid)) != sizeof(pid) || pid < 0)
		errno = -pid;
	close(tell[0]);
	if (way > 0)
		proc_wait_child(way);
	if (pid < 0)
		return -1;
	r->pidfd = pidfd_open(pid, 0);
	return pid;
}

static void explain_clone(pid_t pid, uint64_t flags)
{
	own_str char *names = namespace_names(flags);

	explained(pid, "clone3({flags=%s%s})", names,
		  flags & CLONE_INTO_CGROUP ? "|CLONE_INTO_CGROUP" : "");
}

static pid_t clone_owned(const struct clone_args *args, uid_t owner)
{
	bool begun = owner_begin(owner);
	pid_t pid = (pid_t)syscall(SYS_clone3, args, sizeof(*args));

	if (pid)
		owner_end(begun);
	return pid;
}

static int clone_first(struct run *r, struct err *e)
{
	struct clone_args args = {.exit_signal = SIGCHLD,
				  .flags = CLONE_PIDFD,
				  .pidfd = (uint64_t)(uintptr_t)&r->pidfd};
	int ends[2];
	pid_t pid;

	EACH_STAGE(s, r)
		args.flags |= s->clone_flag;
	if (r->group.v2 >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)r->group.v2;
	}
	if (channel_open(ends, e) < 0)
		return -1;
	explain_at(NULL);
	pid = r->net.shared >= 0
		? clone_within(r, args)
		: clone_owned(&args, args.flags & CLONE_NEWUSER ? idmap_root(&r->map) : 0);
	if (pid) /* the child would say it too */
		explain_clone(pid, args.flags);
	if (pid < 0) {
		namespaces_failed("a process in new namespaces", e);
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
	/* A death closes the channel as an execution does. (An --init never executes: the program
	 * is its child.) */
	return (got == 0) == executing &&
			(!executing || r->program.init || proc_has_executed(r->pid))
		? 0
		: err_set(e,
			  "the first process was killed before it could execute anything (too little memory?)");
}

/* Shared with what is cloned, until that executes; an init never does. */
static int share_ending(struct run *r, struct err *e)
{
	void *shared = mmap(NULL, sizeof(*r->program.killed_by), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return err_sys(e, "--init");
	r->program.killed_by = shared;
	return 0;
}

/* What the supervisor does before there is a first process. */
static int prepare(struct run *r, struct err *e)
{
	struct filetree_host host = {.recorded = r->store, .cgroup2 = rootfs_has_cgroup2()};

	r->rootfs = r->userns = r->channel = r->pidfd = r->ids = r->files = -1;
	r->net.control = r->net.shared = r->net.shared_user = -1;
	r->root = r->host = r->dev = -1;
	r->group = (struct cgroup_group){.v2 = -1};
	r->streams = (struct streams){{-1, -1, -1}, {-1, -1, -1}, -1};
	r->program = (struct program){.args = &r->plan->args,
				      .workdir = r->plan->workdir,
				      .workdir_fd = -1,
				      .tty = r->plan->tty,
				      .init = r->plan->init,
				      .plain = !r->store,
				      .mask = r->mask,
				      .make_workdir = true,
				      .as_is = !r->plan->user &&
					      (!r->store || r->plan->users == USERS_UNMAPPED)};
	for (size_t i = 0; i < r->plan->env.n; i++)
		strv_add(&r->program.env, r->plan->env.v[i]);
	if (filetree_build(&r->tree, r->plan, &host, e) < 0)
		return -1;
	if (r->store)
		r->files = openat(r->store->run, r->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->store && r->files < 0)
		return err_sys(e, "%s/%s", r->store->run_path, r->id);
	if (r->program.init && share_ending(r, e) < 0)
		return -1;
	EACH_STAGE(s, r) {
		if (show_next(s, false, e) < 0)
			return -1;
		show_same(s, r, false);
		if (s->prepare && s->prepare(r, e) < 0)
			return -1;
	}
	return 0;
}

int spawn_become(struct run *r, void (*ready)(struct run *), struct err *e)
{
	own_str char *names = NULL;
	uint64_t flags = 0;

	if (prepare(r, e) < 0)
		return -1;
	EACH_STAGE(s, r)
		flags |= s->clone_flag;
	names = namespace_names(flags);
	explain_at(NULL);
	if (flags && explained(unshare((int)flags), "unshare(%s)", names) < 0)
		return namespaces_failed("new namespaces", e);
	if (enter_stages(r, e) < 0)
		return -1;
	EACH_STAGE(s, r)
		if (s->release && s->release(r, e) < 0)
			return -1;
	ready(r);
	r->program.stays = true;
	return program_exec(&r->program, -1, e);
}

int spawn_create(struct run *r, struct err *e)
{
	if (prepare(r, e) < 0 || clone_first(r, e) < 0)
		goto failed;
	EACH_STAGE(s, r) {
		explain_at(stage_names[s->id]);
		if (s->grant && s->grant(r, e) < 0)
			goto failed;
	}
	streams_close_theirs(&r->streams);
	if (channel_send(r->channel, MESSAGE_GRANTED, NULL, -1, e) == 0 && hear(r, false, e) == 0)
		return 0;
failed:
	spawn_undo(r);
	return -1;
}

int spawn_execute(struct run *r, struct err *e)
{
	EACH_STAGE(s, r)
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
	netstage_forget(r);
	streams_close(&r->streams);
	cgroup_close(&r->group);
	shut_fd(&r->channel);
	shut_fd(&r->pidfd);
	shut_fd(&r->userns);
	shut_fd(&r->ids);
	shut_fd(&r->rootfs);
	shut_fd(&r->files);
	if (r->program.killed_by)
		munmap(r->program.killed_by, sizeof(*r->program.killed_by));
	r->program.killed_by = NULL;
	strv_free(&r->program.env);
	filetree_free(&r->tree);
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
	for (const struct stage *s = stages; s->says; s++)
		n++;
	while (n-- > 0)
		if (stages[n].undo && stage_is_wanted(&stages[n], r->plan))
			stages[n].undo(r);
	spawn_forget(r);
}
