#include "run/otherns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/namespace.h"

void otherns_add(struct otherns *o, int flag, int fd)
{
	o->v[o->n].flag = flag;
	o->v[o->n++].fd = fd;
}

static bool is_ours(int fd, int flag)
{
	own_str char *path = str_fmt("/proc/self/ns/%s", namespace_of(flag)->file);
	struct stat ours, theirs;

	return stat(path, &ours) == 0 && fstat(fd, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
		ours.st_dev == theirs.st_dev;
}

int otherns_open(struct otherns *o, int flag, const char *path, struct err *e)
{
	/* O_NONBLOCK: the path may be a FIFO. */
	own_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int kind = fd < 0 ? -1 : ioctl(fd, NS_GET_NSTYPE);

	if (fd < 0)
		return err_sys(e, "namespace %s", path);
	if (kind != flag)
		return err_set(e, "namespace %s: not a namespace of the kind %s", path,
			       namespace_of(flag)->file);
	if (is_ours(fd, flag)) /* setns(2) refuses the own user namespace */
		return 0;
	if (otherns_of(o, flag) >= 0 || o->n == OTHERNS_MAX)
		return err_set(e, "namespace %s: a second one of the kind %s", path,
			       namespace_of(flag)->file);
	otherns_add(o, flag, take_fd(&fd));
	return 0;
}

int otherns_of(const struct otherns *o, int flag)
{
	for (int i = 0; i < o->n; i++)
		if (o->v[i].flag == flag)
			return o->v[i].fd;
	return -1;
}

void otherns_close(struct otherns *o)
{
	while (o->n > 0)
		close(o->v[--o->n].fd);
}

static int enter_one(int fd, int flag)
{
	return explained(setns(fd, flag), "setns(%d, %s)", fd, namespace_of(flag)->name);
}

/* The offsets apply to the namespace of the children, until the first of them is in it. */
static int make_clocks(const char *offsets)
{
	own_fd int fd = -1;

	if (explained(unshare(CLONE_NEWTIME), "unshare(CLONE_NEWTIME)") < 0)
		return -1;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	return fd < 0 || fd_write_all(fd, offsets, strlen(offsets)) < 0 ? -1 : 0;
}

int otherns_enter(const struct otherns *o, uint64_t *flags)
{
	int user = otherns_of(o, CLONE_NEWUSER);

	for (int i = 0; i < o->n; i++)
		*flags &= ~(uint64_t)o->v[i].flag;
	for (int i = 0; i < o->n; i++)
		if (o->v[i].flag != CLONE_NEWUSER && enter_one(o->v[i].fd, o->v[i].flag) < 0)
			return -1;
	if (o->offsets && *flags & CLONE_NEWTIME) {
		if (make_clocks(o->offsets) < 0)
			return -1;
		*flags &= ~(uint64_t)CLONE_NEWTIME;
	}
	return user < 0 ? 0 : enter_one(user, CLONE_NEWUSER);
}
