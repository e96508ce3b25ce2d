#include "tar/sendapply.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

enum { SHOWN = 300 };

struct applying {
	struct sendapply *a;
	const struct sendstream *in;
	char path[PATH_MAX], other[PATH_MAX]; /* of the command */
	int open;                             /* the file that was written last; -1: none */
	char open_path[PATH_MAX];
};

static int failed(const struct applying *j, const char *path, struct err *e)
{
	return err_sys(e, "%s: %.*s", j->in->what, SHOWN, path);
}

static int open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Opens the directory of a path; *base becomes the last component. -1 with errno. */
static int open_parent(const struct applying *j, const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');
	own_str char *dir = slash ? str_dup_n(path, (size_t)(slash - path)) : str_dup(".");

	*base = slash ? slash + 1 : path;
	return open_beneath(j->a->root, dir, O_PATH | O_DIRECTORY);
}

static int read_path(struct applying *j, enum sendstream_attribute which, char out[PATH_MAX],
		     struct err *e)
{
	return sendstream_path(j->in, which, out, e);
}

/*
 * Makes the directory of the command's path the working directory: some calls take no directory.
 * Nobody else changes the tree, so that the name that is found there stays the same file.
 */
static int enter(struct applying *j, const char **base, struct err *e)
{
	own_fd int dir = -1;

	if (read_path(j, SEND_A_PATH, j->path, e) < 0)
		return -1;
	dir = open_parent(j, j->path, base);
	return dir < 0 || fchdir(dir) < 0 ? failed(j, j->path, e) : 0;
}

static int make_node(struct applying *j, const char *base, struct err *e)
{
	static const mode_t types[SEND_COMMANDS] = {
		[SEND_MKNOD] = 0, [SEND_MKFIFO] = S_IFIFO, [SEND_MKSOCK] = S_IFSOCK};
	uint64_t mode = types[j->in->command], device = 0;

	if (j->in->command == SEND_MKNOD &&
	    (sendstream_number(j->in, SEND_A_MODE, &mode, e) < 0 ||
	     sendstream_number(j->in, SEND_A_RDEV, &device, e) < 0))
		return -1;
	if (!S_ISCHR(mode) && !S_ISBLK(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode))
		return err_set(e, "%s: %.*s: not a device", j->in->what, SHOWN, j->path);
	return mknod(base, (mode_t)(mode & S_IFMT) | 0600, (dev_t)device) < 0
		? failed(j, j->path, e)
		: 0;
}

static int make(struct applying *j, struct err *e)
{
	char target[PATH_MAX];
	const char *base;
	int fd;

	if (enter(j, &base, e) < 0)
		return -1;
	switch (j->in->command) {
	case SEND_MKFILE:
		fd = open(base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return failed(j, j->path, e);
		close(fd);
		return 0;
	case SEND_MKDIR:
		return mkdir(base, 0700) < 0 ? failed(j, j->path, e) : 0;
	case SEND_SYMLINK:
		if (sendstream_text(j->in, SEND_A_PATH_LINK, target, sizeof(target), e) < 0)
			return -1;
		return symlink(target, base) < 0 ? failed(j, j->path, e) : 0;
	default:
		return make_node(j, base, e);
	}
}

/* RENAME: from PATH to PATH_TO. LINK: PATH is a new name of PATH_LINK. */
static int move(struct applying *j, struct err *e)
{
	bool link = j->in->command == SEND_LINK;
	const char *base, *other_base;
	own_fd int dir = -1, other = -1;

	if (read_path(j, SEND_A_PATH, j->path, e) < 0 ||
	    read_path(j, link ? SEND_A_PATH_LINK : SEND_A_PATH_TO, j->other, e) < 0)
		return -1;
	dir = open_parent(j, j->path, &base);
	if (dir < 0)
		return failed(j, j->path, e);
	other = open_parent(j, j->other, &other_base);
	if (other < 0)
		return failed(j, j->other, e);
	if ((link ? linkat(other, other_base, dir, base, 0)
		  : renameat(dir, base, other, other_base)) < 0)
		return failed(j, j->path, e);
	return 0;
}

static int remove_name(struct applying *j, struct err *e)
{
	int flags = j->in->command == SEND_RMDIR ? AT_REMOVEDIR : 0;
	const char *base;

	if (enter(j, &base, e) < 0)
		return -1;
	return unlinkat(AT_FDCWD, base, flags) < 0 ? failed(j, j->path, e) : 0;
}

/* chmod(2) would follow a symbolic link, which has no mode of its own. */
static int change_mode(struct applying *j, const char *base, struct err *e)
{
	struct stat st;
	uint64_t mode;

	if (sendstream_number(j->in, SEND_A_MODE, &mode, e) < 0)
		return -1;
	if (lstat(base, &st) < 0)
		return failed(j, j->path, e);
	if (S_ISLNK(st.st_mode))
		return err_set(e, "%s: %.*s: a symbolic link has no mode", j->in->what, SHOWN,
			       j->path);
	return chmod(base, mode & 07777) < 0 ? failed(j, j->path, e) : 0;
}

static int change_attribute(struct applying *j, const char *base, struct err *e)
{
	const struct sendstream_value *value = &j->in->attributes[SEND_A_XATTR_DATA];
	char name[XATTR_NAME_MAX + 1];
	int r;

	if (sendstream_text(j->in, SEND_A_XATTR_NAME, name, sizeof(name), e) < 0)
		return -1;
	if (j->in->command == SEND_SET_XATTR && !value->data)
		return err_set(e, "%s: %.*s: an attribute without a value", j->in->what, SHOWN,
			       j->path);
	r = j->in->command == SEND_SET_XATTR ? lsetxattr(base, name, value->data, value->n, 0)
					     : lremovexattr(base, name);
	if (r == 0)
		return 0;
	failed(j, j->path, e);
	return err_wrap(e, "attribute %s", name);
}

static int change(struct applying *j, struct err *e)
{
	struct timespec times[2];
	uint64_t uid, gid;
	const char *base;

	if (enter(j, &base, e) < 0)
		return -1;
	switch (j->in->command) {
	case SEND_CHMOD:
		return change_mode(j, base, e);
	case SEND_CHOWN:
		if (sendstream_number(j->in, SEND_A_UID, &uid, e) < 0 ||
		    sendstream_number(j->in, SEND_A_GID, &gid, e) < 0)
			return -1;
		if (uid >= UINT32_MAX || gid >= UINT32_MAX)
			return err_set(e, "%s: %.*s: invalid owner", j->in->what, SHOWN, j->path);
		return lchown(base, (uid_t)uid, (gid_t)gid) < 0 ? failed(j, j->path, e) : 0;
	case SEND_UTIMES:
		if (sendstream_time(j->in, SEND_A_ATIME, &times[0], e) < 0 ||
		    sendstream_time(j->in, SEND_A_MTIME, &times[1], e) < 0)
			return -1;
		return utimensat(AT_FDCWD, base, times, AT_SYMLINK_NOFOLLOW) < 0
			? failed(j, j->path, e)
			: 0;
	default:
		return change_attribute(j, base, e);
	}
}

/* Opens a regular file; the writes of one file follow each other. */
static int open_file(struct applying *j, struct err *e)
{
	struct stat st;

	if (read_path(j, SEND_A_PATH, j->path, e) < 0)
		return -1;
	if (j->open >= 0 && str_equal(j->path, j->open_path))
		return 0;
	shut_fd(&j->open);
	j->open = open_beneath(j->a->root, j->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (j->open < 0)
		return failed(j, j->path, e);
	if (fstat(j->open, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, "%s: %.*s: not a regular file", j->in->what, SHOWN, j->path);
	memcpy(j->open_path, j->path, sizeof(j->path));
	return 0;
}

static int write_data(struct applying *j, struct err *e)
{
	const struct sendstream_value *data = &j->in->attributes[SEND_A_DATA];
	uint64_t at;

	if (sendstream_number(j->in, SEND_A_FILE_OFFSET, &at, e) < 0)
		return -1;
	if (!data->data || at > INT64_MAX - data->n)
		return err_set(e, "%s: %.*s: invalid data", j->in->what, SHOWN, j->path);
	for (size_t done = 0; done < data->n;) {
		ssize_t n = pwrite(j->open, (const char *)data->data + done, data->n - done,
				   (off_t)(at + done));

		if (n < 0)
			return failed(j, j->path, e);
		done += (size_t)n;
	}
	return 0;
}

static int clone_data(struct applying *j, struct err *e)
{
	struct file_clone_range range;
	uint64_t at, length, from;
	uint8_t uuid[16];
	own_fd int file = -1;
	int root = -1;

	if (sendstream_number(j->in, SEND_A_FILE_OFFSET, &at, e) < 0 ||
	    sendstream_number(j->in, SEND_A_CLONE_LEN, &length, e) < 0 ||
	    sendstream_number(j->in, SEND_A_CLONE_OFFSET, &from, e) < 0 ||
	    sendstream_uuid(j->in, SEND_A_CLONE_UUID, uuid, e) < 0 ||
	    read_path(j, SEND_A_CLONE_PATH, j->other, e) < 0)
		return -1;
	if (memcmp(uuid, j->a->uuid, sizeof(uuid)) == 0)
		root = j->a->root;
	else if (j->a->parent >= 0 && memcmp(uuid, j->a->parent_uuid, sizeof(uuid)) == 0)
		root = j->a->parent;
	if (root < 0)
		return err_set(
			e,
			"%s: %.*s: its data is in a subvolume that is neither this one nor its parent",
			j->in->what, SHOWN, j->path);
	file = open_beneath(root, j->other, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return failed(j, j->other, e);
	range = (struct file_clone_range){file, from, length, at};
	return ioctl(j->open, FICLONERANGE, &range) < 0 ? failed(j, j->path, e) : 0;
}

static int write_file(struct applying *j, struct err *e)
{
	uint64_t size;

	if (open_file(j, e) < 0)
		return -1;
	if (j->in->command == SEND_WRITE)
		return write_data(j, e);
	if (j->in->command == SEND_CLONE)
		return clone_data(j, e);
	if (sendstream_number(j->in, SEND_A_SIZE, &size, e) < 0)
		return -1;
	if (size > INT64_MAX)
		return err_set(e, "%s: %.*s: invalid size", j->in->what, SHOWN, j->path);
	return ftruncate(j->open, (off_t)size) < 0 ? failed(j, j->path, e) : 0;
}

/* The first command names the subvolume, and its parent. */
static int read_identity(struct applying *j, struct err *e)
{
	struct sendapply *a = j->a;
	uint8_t uuid[16];

	if (sendstream_uuid(j->in, SEND_A_UUID, a->uuid, e) < 0)
		return -1;
	if (j->in->command != (a->parent < 0 ? SEND_SUBVOL : SEND_SNAPSHOT))
		return err_set(e, "%s: invalid send stream: %s parent", j->in->what,
			       a->parent < 0 ? "it needs a" : "it has no");
	if (a->parent < 0)
		return 0;
	if (sendstream_uuid(j->in, SEND_A_CLONE_UUID, uuid, e) < 0)
		return -1;
	return memcmp(uuid, a->parent_uuid, sizeof(uuid)) == 0
		? 0
		: err_set(e, "%s: invalid send stream: a difference to another parent",
			  j->in->what);
}

static int apply(struct applying *j, struct err *e)
{
	switch (j->in->command) {
	case SEND_WRITE:
	case SEND_CLONE:
	case SEND_TRUNCATE:
		return write_file(j, e);
	case SEND_CHMOD:
	case SEND_CHOWN:
	case SEND_UTIMES:
	case SEND_SET_XATTR:
	case SEND_REMOVE_XATTR:
		return change(j, e);
	default:
		break;
	}
	shut_fd(&j->open); /* its path may change */
	switch (j->in->command) {
	case SEND_MKFILE:
	case SEND_MKDIR:
	case SEND_MKNOD:
	case SEND_MKFIFO:
	case SEND_MKSOCK:
	case SEND_SYMLINK:
		return make(j, e);
	case SEND_RENAME:
	case SEND_LINK:
		return move(j, e);
	case SEND_UNLINK:
	case SEND_RMDIR:
		return remove_name(j, e);
	default:
		return err_set(e, "%s: unexpected command %u in a send stream", j->in->what,
			       j->in->command);
	}
}

int sendapply_run(struct sendapply *a, struct sendstream *in, struct err *e)
{
	own_str struct applying *j = mem_alloc(sizeof(*j));
	int r;

	*j = (struct applying){.a = a, .in = in, .open = -1};
	if (sendstream_begin(in, e) < 0)
		return -1;
	r = sendstream_next(in, e);
	if (r == 0)
		return err_set(e, "%s: empty send stream", in->what);
	if (r > 0)
		r = read_identity(j, e);
	while (r == 0 && (r = sendstream_next(in, e)) > 0)
		r = apply(j, e);
	shut_fd(&j->open);
	return r;
}
