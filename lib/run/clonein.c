#include "run/clonein.h"

#include <errno.h>
#include <sched.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "base/proc.h"

/* In the process on the way: makes the first process, which is a child of the caller of clonein. */
static pid_t clone_there(const struct run *r, struct clone_args args)
{
	/* clone3(2) wants no signal with CLONE_PARENT: it is that of this process. */
	args.flags = (args.flags & ~(uint64_t)CLONE_PIDFD) | CLONE_PARENT;
	args.exit_signal = 0;
	if ((r->supervisor.net.shared_user >= 0 &&
	     setns(r->supervisor.net.shared_user, CLONE_NEWUSER) < 0) ||
	    setns(r->supervisor.net.shared, CLONE_NEWNET) < 0)
		return -1;
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

pid_t clonein(struct run *r, struct clone_args args)
{
	own_fd int end = -1;
	pid_t way = proc_fork_pipe(&end), pid = -EAGAIN;

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
	return pid;
}
