#include "image/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/str.h"

enum { PART = 0600, WHOLE = 0400, AGAIN_NS = 5000000 };

static char *path_of(const struct descriptor *blob)
{
	return str_fmt("blobs/%s", digest_hex(blob->digest));
}

int blob_open(const struct store *s, const struct descriptor *blob, struct err *e)
{
	own_str char *path = path_of(blob);
	int fd;

	if (mkdirat(s->root, "blobs", 0700) < 0 && errno != EEXIST)
		return err_sys(e, "%s/blobs", s->root_path);
	fd = openat(s->root, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, PART);
	return fd < 0 ? err_sys(e, "%s/%s", s->root_path, path) : fd;
}

static int lock(int fd, int how, const struct descriptor *blob, struct err *e)
{
	return lock_fd(fd, how) < 0 ? err_sys(e, "lock blobs/%s", digest_hex(blob->digest)) : 0;
}

/* A crash may truncate a file but keep its mode, so the size is compared too. */
static bool is_whole(int fd, const struct descriptor *blob)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & 0777) == WHOLE &&
		(uint64_t)st.st_size == blob->size;
}

/* The caller has the exclusive lock. A layer may have the file by a hard link (layering.c): it is
 * complete, but a manifest gives it another size. */
static int begin(int fd, const struct descriptor *blob, struct err *e)
{
	const char *hex = digest_hex(blob->digest);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "blobs/%s", hex);
	if (st.st_nlink > 1)
		return err_set(e, "blobs/%s: a layer of the store has it, with another size", hex);
	return fchmod(fd, PART) < 0 ? err_sys(e, "blobs/%s", hex) : 0;
}

int blob_claim(int fd, const struct descriptor *blob, struct err *e)
{
	/*
	 * Waits only for the process that fills the blob, never for readers: a reader may be
	 * waiting for another blob that this process has. So this process never blocks on the
	 * exclusive lock. A failed attempt to convert the lock drops the shared lock (flock(2)), so
	 * one of several processes succeeds.
	 */
	for (;;) {
		if (lock(fd, LOCK_SH, blob, e) < 0)
			return -1;
		if (is_whole(fd, blob)) {
			futimens(fd, NULL);
			return 1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && !is_whole(fd, blob))
			return begin(fd, blob, e);
		nanosleep(&(struct timespec){.tv_nsec = AGAIN_NS}, NULL);
	}
}

int blob_finish(int fd, const struct descriptor *blob, struct err *e)
{
	if (fchmod(fd, WHOLE) < 0)
		return err_sys(e, "blobs/%s", digest_hex(blob->digest));
	return lock(fd, LOCK_SH, blob, e);
}

void blob_remove(const struct store *s, const struct descriptor *blob)
{
	own_str char *path = path_of(blob);

	unlinkat(s->root, path, 0);
}

void blob_remove_unused(const struct store *s, const struct descriptor *blob)
{
	own_str char *path = path_of(blob);
	struct err ignored;
	own_fd int fd = lock_try(s->root, path, &ignored);

	if (fd >= 0)
		unlinkat(s->root, path, 0);
}

int blobs_sweep(const struct store *s, uint64_t age, struct err *e)
{
	int dir = s->root < 0
		? -1
		: openat(s->root, "blobs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	own_dir DIR *d = dir < 0 ? NULL : fdopendir(dir);
	time_t before = time(NULL) - (time_t)age;
	struct dirent *entry;

	if (!d)
		return s->root < 0 || errno == ENOENT ? 0 : err_sys(e, "%s/blobs", s->root_path);
	while ((entry = readdir(d))) {
		own_fd int fd = entry->d_name[0] == '.' ? -1 : lock_try(dir, entry->d_name, e);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_mtime <= before)
			unlinkat(dir, entry->d_name, 0);
	}
	return 0;
}
