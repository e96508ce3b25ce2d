#include "run/clonefirst.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/proc.h"
#include "kernel/namespace.h"
#include "kernel/owner.h"

int clonefirst_refused(const char *what, struct err *e)
{
	return errno == EPERM
		? err_set(e, "%s: needs root, or a user namespace first (stage user)", what)
		: err_sys(e, "%s", what);
}

static pid_t clone_owned(const struct clone_args *args, uid_t owner)
{
	bool begun = owner_begin(owner);
	pid_t pid = (pid_t)syscall(SYS_clone3, args, sizeof(*args));

	if (pid)
		owner_end(begun);
	return pid;
}

/* Runs in the helper process. CLONE_PARENT makes the first process a child of the supervisor. */
static pid_t clone_there(const struct run *r, struct clone_args args)
{
	/* With CLONE_PARENT, clone3(2) accepts no exit signal: it is that of this process. */
	uint64_t flags = (args.flags & ~(uint64_t)CLONE_PIDFD) | CLONE_PARENT;

	args.exit_signal = 0;
	if (otherns_enter(&r->supervisor.others, &flags) < 0)
		return -1;
	args.flags = flags;
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* Clones by a helper process that enters the namespaces of others. */
static pid_t clone_by_way(struct run *r, struct clone_args args)
{
	own_fd int end = -1;
	pid_t way = proc_fork_pipe(&end), pid = -EAGAIN;
	int failed;

	if (way < 0)
		return -1;
	if (way == 0) {
		pid = clone_there(r, args);
		if (pid == 0)
			return 0;
		pid = pid < 0 ? -errno : pid;
		_exit(write(end, &pid, sizeof(pid)) != sizeof(pid));
	}
	if (read(end, &pid, sizeof(pid)) != sizeof(pid) || pid < 0)
		errno = -pid;
	proc_wait_child(way);
	if (pid < 0)
		return -1;
	r->supervisor.pidfd = pidfd_open(pid, 0);
	if (r->supervisor.pidfd >= 0)
		return pid;
	failed = errno;
	kill(pid, SIGKILL);
	proc_wait_child(pid);
	errno = failed;
	return -1;
}

static void explain_clone(pid_t pid, uint64_t flags)
{
	own_str char *names = namespace_names(flags);

	explained(pid, "clone3({flags=%s%s})", names,
		  flags & CLONE_INTO_CGROUP ? "|CLONE_INTO_CGROUP" : "");
}

pid_t clonefirst(struct run *r, uint64_t flags, struct err *e)
{
	struct clone_args args = {.exit_signal = SIGCHLD,
				  .flags = CLONE_PIDFD | flags,
				  .pidfd = (uint64_t)(uintptr_t)&r->supervisor.pidfd};
	pid_t pid;

	if (r->supervisor.group.v2 >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)r->supervisor.group.v2;
	}
	explain_at(NULL);
	pid = r->supervisor.others.n || r->supervisor.others.offsets
		? clone_by_way(r, args)
		: clone_owned(&args, flags & CLONE_NEWUSER ? idmap_root(&r->map) : 0);
	if (pid) /* otherwise the child would print it, too */
		explain_clone(pid, args.flags);
	return pid < 0 ? clonefirst_refused("a process in new namespaces", e) : pid;
}
