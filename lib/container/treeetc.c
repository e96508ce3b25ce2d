#include "container/treeetc.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "base/err.h"
#include "base/own.h"
#include "kernel/mount.h"

/* The file system from the supervisor; -1: none. */
static int files_of(const struct filetree *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].kind == FSENTRY_FILES && t->v[i].mounts_n)
			return t->v[i].mounts->fd;
	return -1;
}

/* Makes the mount of one file. Its attributes, except read-only, are those of the file system. */
static int take_file(int files, struct fsentry *entry, struct err *e)
{
	uint64_t attrs = entry->attrs & MOUNT_ATTR_RDONLY ? entry->attrs : 0;
	own_fd int fd = mount_copy_set(files, entry->source, false, attrs, e);

	if (fd < 0)
		return -1;
	fsentry_add_mount(entry, take_fd(&fd), "");
	return 0;
}

/*
 * The file system is attached over the host's /etc in this mount namespace, because before
 * Linux 6.15 only an attached mount can be copied. It disappears with the host's tree: a separate
 * umount would wait for an RCU grace period.
 */
int treeetc_split(struct filetree *t, int host, struct err *e)
{
	int files = files_of(t);
	own_fd int at = -1;

	if (files < 0)
		return 0;
	at = openat(host, "etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return err_sys(e, "the host's /etc");
	if (mount_attach(files, at, "/etc", e) < 0)
		return -1;
	/* A file that is shared with another container is mounted already (mountshare.h). */
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].kind == FSENTRY_BIND && t->v[i].from == FSENTRY_STATE &&
		    !t->v[i].mounts_n && take_file(files, &t->v[i], e) < 0)
			return -1;
	return 0;
}
