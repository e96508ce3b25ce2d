#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"

int lock_fd(int fd, int how)
{
	int got;

	while ((got = flock(fd, how)) < 0 && errno == EINTR)
		continue;
	return got;
}

static int take(int dirfd, const char *name, int how, struct err *e)
{
	own_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "%s", name);
	return lock_fd(fd, how) < 0 ? err_sys(e, "lock %s", name) : take_fd(&fd);
}

int lock_take(int dirfd, const char *name, struct err *e)
{
	return take(dirfd, name, LOCK_EX, e);
}

int lock_try(int dirfd, const char *name, struct err *e)
{
	return take(dirfd, name, LOCK_EX | LOCK_NB, e);
}
