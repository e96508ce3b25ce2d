#include "tar/newfile.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"

/* Bits of the mode that the umask of confine.h, or a change of the owner, may clear. */
enum { LATE_BITS = 07022 };

bool newfile_is_ordinary(struct archive_entry *entry)
{
	return archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry) &&
		archive_entry_xattr_count(entry) == 0 && archive_entry_acl_types(entry) == 0;
}

void newfile_leave(struct newfile_dir *dir)
{
	if (dir->path)
		own_close(&dir->fd);
	free(dir->path);
	*dir = (struct newfile_dir){.fd = -1};
}

static bool is_same(const struct newfile_dir *dir, const char *path, size_t n)
{
	return dir->path && strncmp(dir->path, path, n) == 0 && dir->path[n] == '\0';
}

/* Returns 1, 0 if it cannot be entered, -1 with the error of `enter`. */
static int enter_dir(struct newfile_dir *dir, const char *path, size_t n, newfile_enter *enter,
		     void *arg, struct err *e)
{
	struct stat st;

	newfile_leave(dir);
	dir->path = str_dup_n(path, n);
	dir->fd = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0 || fstat(dir->fd, &st) < 0) {
		newfile_leave(dir);
		return 0;
	}
	/* A file inherits the group of such a directory, or a default ACL of a lower layer's. */
	dir->plain = !(st.st_mode & S_ISGID) &&
		getxattr(dir->path, "system.posix_acl_default", NULL, 0) < 0;
	return enter && enter(arg, &st, dir->path, e) < 0 ? -1 : 1;
}

int newfile_open(struct newfile_dir *dir, struct archive_entry *entry, const char *name,
		 newfile_enter *enter, void *arg, int *fd, struct err *e)
{
	const char *slash = strrchr(name, '/'), *path = slash ? name : ".";
	size_t n = slash ? (size_t)(slash - name) : 1;
	int r = is_same(dir, path, n) ? 1 : enter_dir(dir, path, n, enter, arg, e);

	if (r <= 0 || !dir->plain)
		return r < 0 ? -1 : 0;
	*fd = openat(dir->fd, slash ? slash + 1 : name,
		     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     archive_entry_perm(entry) & 0777);
	return *fd >= 0;
}

static struct timespec time_of(bool set, time_t sec, long nsec)
{
	return set ? (struct timespec){sec, nsec} : (struct timespec){.tv_nsec = UTIME_OMIT};
}

int newfile_finish(int fd, struct archive_entry *entry, off_t end)
{
	uid_t uid = (uid_t)archive_entry_uid(entry), gid = (gid_t)archive_entry_gid(entry);
	mode_t mode = archive_entry_perm(entry);
	struct timespec times[2] = {
		time_of(archive_entry_atime_is_set(entry), archive_entry_atime(entry),
			archive_entry_atime_nsec(entry)),
		time_of(archive_entry_mtime_is_set(entry), archive_entry_mtime(entry),
			archive_entry_mtime_nsec(entry)),
	};

	if (end < archive_entry_size(entry) && ftruncate(fd, archive_entry_size(entry)) < 0)
		return -1;
	/* The process is root, and so are its files. */
	if ((uid || gid) && fchown(fd, uid, gid) < 0)
		return -1;
	if ((mode & LATE_BITS) && fchmod(fd, mode) < 0)
		return -1;
	return futimens(fd, times);
}
