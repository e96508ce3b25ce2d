#include "run/clonein.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/proc.h"

pid_t clonein(struct run *r, struct clone_args args)
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
		if ((r->supervisor.net.shared_user < 0 ||
		     setns(r->supervisor.net.shared_user, CLONE_NEWUSER) == 0) &&
		    setns(r->supervisor.net.shared, CLONE_NEWNET) == 0)
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
	r->supervisor.pidfd = pidfd_open(pid, 0);
	return pid;
}
