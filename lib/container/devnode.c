#include "container/devnode.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/path.h"
#include "kernel/mount.h"

static mode_t kind_of(const struct bundle_device *d)
{
	return d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;
}

static mode_t mode_of(const struct bundle_device *d)
{
	return d->mode_given ? d->mode & 07777 : 0666;
}

static int check_existing(int dir, const char *name, const struct bundle_device *d, struct err *e)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "device %s", d->path);
	if ((st.st_mode & S_IFMT) != kind_of(d) ||
	    (d->type != 'p' && st.st_rdev != makedev(d->major, d->minor)))
		return err_set(e, "device %s: the root directory has another file there", d->path);
	return 0;
}

static int make(int dir, const char *name, const struct bundle_device *d, uid_t uid, gid_t gid,
		struct err *e)
{
	dev_t number = d->type == 'p' ? 0 : makedev(d->major, d->minor);

	if (explained(mknodat(dir, name, kind_of(d) | mode_of(d), number),
		      "mknodat(%d, \"%s\", 0%o, makedev(%u, %u))", dir, name,
		      kind_of(d) | mode_of(d), d->major, d->minor) < 0) {
		if (errno != EEXIST)
			return err_sys(e, "make device %s", d->path);
		if (check_existing(dir, name, d, e) < 0)
			return -1;
	}
	if (fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(dir, name, mode_of(d), 0) < 0)
		return err_sys(e, "device %s: set its owner and mode", d->path);
	return 0;
}

int devnode_make(int root, const struct bundle_device *d, struct err *e)
{
	const char *slash = strrchr(d->path, '/');
	own_str char *above = slash ? str_dup_n(d->path, (size_t)(slash - d->path)) : NULL;
	own_fd int dir = -1;

	if (!slash || !slash[1])
		return err_set(e, "device %s: not the absolute path of a file", d->path);
	dir = path_mkdirs(root, *above ? above : "/", 0755, e);
	return dir < 0 ? -1 : make(dir, slash + 1, d, d->uid, d->gid, e);
}

int devnode_mount(const struct bundle_device *d, uid_t uid, gid_t gid, struct err *e)
{
	own_fd int dir = mount_new("tmpfs", "size=4k,mode=755", 0, d->path, e);

	return dir < 0 || make(dir, "node", d, uid, gid, e) < 0 ? -1 : take_fd(&dir);
}
