/*
 * Preloaded into ct-exec: lets processes of the container trace the process that enters it, and
 * holds it for a moment in which they could. Proves that the attack would succeed without the
 * protections: ct-exec makes itself undumpable, and so does the kernel where the ID map changes the
 * user.
 */
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int setns(int fd, int type)
{
	int result = (int)syscall(SYS_setns, fd, type);

	if (type & CLONE_NEWUSER) {
		prctl(PR_SET_DUMPABLE, 1);
		nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	}
	return result;
}
