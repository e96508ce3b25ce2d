#include "kernel/hostslot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

/*
 * The holder of a slot: the path of its directory, and its device and inode, because in another
 * mount namespace the path may lead to another directory.
 */
struct holder {
	unsigned long long dev, ino;
	char path[PATH_MAX];
};

enum { TEXT = PATH_MAX + 64 };

/* Reads the path of CT_RUN and returns its length. */
static size_t find_run(int run, char path[PATH_MAX])
{
	own_str char *link = str_fmt("/proc/self/fd/%d", run);
	ssize_t n = readlink(link, path, PATH_MAX - 1);

	path[n < 0 ? 0 : n] = '\0';
	return n < 0 ? 0 : (size_t)n;
}

unsigned hostslot_set(int run)
{
	char path[PATH_MAX];
	uint32_t hash = 0x811c9dc5; /* FNV-1a */

	find_run(run, path);
	if (strcmp(path, "/run/ct") == 0)
		return 0;
	for (const char *p = path; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x01000193;
	return hash ? hash : 1;
}

static int find_holder(int run, const char *id, struct holder *h, struct err *e)
{
	size_t n = find_run(run, h->path);
	struct stat st;

	if (fstatat(run, id, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "%s", id);
	snprintf(h->path + n, sizeof(h->path) - n, "/%s", id);
	h->dev = st.st_dev;
	h->ino = st.st_ino;
	return 0;
}

static bool is_alive(const struct holder *h)
{
	struct stat st;

	return lstat(h->path, &st) == 0 && st.st_dev == h->dev && st.st_ino == h->ino;
}

static bool is_same(const struct holder *a, const struct holder *b)
{
	return a->dev == b->dev && a->ino == b->ino && strcmp(a->path, b->path) == 0;
}

/* false: the file names no holder. */
static bool read_holder(int claim, struct holder *h)
{
	char text[TEXT];
	ssize_t n = pread(claim, text, sizeof(text) - 1, 0);
	int at = 0;

	if (n <= 0)
		return false;
	text[n] = '\0';
	if (sscanf(text, "%llu %llu %n", &h->dev, &h->ino, &at) != 2 || !at)
		return false;
	snprintf(h->path, sizeof(h->path), "%.*s", (int)strcspn(text + at, "\n"), text + at);
	return true;
}

static int write_holder(int claim, const struct holder *h)
{
	char text[TEXT];
	int n = snprintf(text, sizeof(text), "%llu %llu %s\n", h->dev, h->ino, h->path);

	return pwrite(claim, text, (size_t)n, 0) == n ? ftruncate(claim, n) : -1;
}

/*
 * Sets an open file description lock (fcntl(2)), which changes from exclusive
 * to shared atomically.
 */
static int lock(int claim, short type)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(claim, F_OFD_SETLK, &whole);
}

static int open_dir(bool make, struct err *e)
{
	struct stat st;
	int dir = open(HOSTSLOT_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0 && errno == ENOENT && make &&
	    (mkdir(HOSTSLOT_DIR, 0700) == 0 || errno == EEXIST))
		dir = open(HOSTSLOT_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, HOSTSLOT_DIR);
	if (fstat(dir, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & 022))
		return dir;
	close(dir);
	return err_set(e, HOSTSLOT_DIR ": others can write to it");
}

static int open_claim(const char *slot, int flags, struct err *e)
{
	own_fd int dir = open_dir(flags & O_CREAT, e);
	int claim = dir < 0 ? -1 : openat(dir, slot, flags | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);

	return claim < 0 && dir >= 0 ? err_sys(e, HOSTSLOT_DIR "/%s", slot) : claim;
}

int hostslot_take(int run, const char *slot, const char *id, int *held, struct err *e)
{
	struct holder us, other;

	if (find_holder(run, id, &us, e) < 0)
		return -1;
	for (;;) {
		own_fd int claim = open_claim(slot, O_CREAT, e);
		struct stat st;

		if (claim < 0)
			return -1;
		if (lock(claim, F_WRLCK) < 0)
			return errno == EAGAIN || errno == EACCES
				? 0
				: err_sys(e, HOSTSLOT_DIR "/%s", slot);
		/*
		 * The holder may have released the slot meanwhile; an
		 * unlinked file is no claim.
		 */
		if (fstat(claim, &st) < 0 || st.st_nlink == 0)
			continue;
		if (read_holder(claim, &other) && !is_same(&us, &other) && is_alive(&other))
			return 0;
		if (write_holder(claim, &us) < 0 || lock(claim, F_RDLCK) < 0)
			return err_sys(e, HOSTSLOT_DIR "/%s", slot);
		*held = take_fd(&claim);
		return 1;
	}
}

int hostslot_share(const char *slot)
{
	struct err ignored;
	int claim = open_claim(slot, 0, &ignored);

	if (claim >= 0)
		lock(claim, F_RDLCK);
	return claim;
}

/*
 * Opens the claim if the container id holds it; otherwise -1. While the container's directory
 * exists, no other container takes the claim.
 */
static int open_own(int run, const char *slot, const char *id, struct err *e)
{
	own_fd int claim = open_claim(slot, 0, e);
	struct holder us, other;

	if (claim < 0 || find_holder(run, id, &us, e) < 0 || !read_holder(claim, &other) ||
	    !is_same(&us, &other))
		return -1;
	return take_fd(&claim);
}

int hostslot_pass(int run, const char *slot, const char *id, const char *heir, struct err *e)
{
	own_fd int claim = open_own(run, slot, id, e);
	struct holder next;

	if (claim < 0 || find_holder(run, heir, &next, e) < 0)
		return -1;
	return write_holder(claim, &next) < 0 ? err_sys(e, HOSTSLOT_DIR "/%s", slot) : 0;
}

void hostslot_release(int run, const char *slot, const char *id)
{
	own_str char *path = str_fmt(HOSTSLOT_DIR "/%s", slot);
	struct err ignored;
	own_fd int claim = open_own(run, slot, id, &ignored);

	if (claim >= 0)
		unlink(path);
}
