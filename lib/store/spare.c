#include "store/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/path.h"
#include "kernel/subvol.h"

enum { WARM = 4 << 20 }; /* bytes of the program to read ahead */

/* Fails if the image is being removed. */
static int open_pool(const struct image *img)
{
	own_fd int pool =
		openat(img->dir, "spare", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return pool < 0 || lock_fd(pool, LOCK_SH | LOCK_NB) < 0 ? -1 : take_fd(&pool);
}

static bool is_there(int pool, int number)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", number);
	return faccessat(pool, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The number of the first spare from `first` on; SPARES: there is none. */
static int find(int pool, int first)
{
	while (first < SPARES && !is_there(pool, first))
		first++;
	return first;
}

bool spare_claim(struct spares *sp, const struct store *s, struct draft *d)
{
	own_fd int pool = -1;
	struct err ignored;
	char name[16];

	if (!sp->image || sp->image->dir < 0)
		return false;
	sp->wanted = 1;
	pool = open_pool(sp->image);
	for (int i = pool < 0 ? SPARES : find(pool, 0); i < SPARES; i = find(pool, i + 1)) {
		snprintf(name, sizeof(name), "%d", i);
		if (draft_adopt(s, pool, name, d, &ignored) < 0)
			continue; /* another run has claimed it */
		sp->claimed = true;
		sp->wanted = find(pool, i + 1) < SPARES ? 0 : i < SPARES / 2 ? 2 * (i + 1) : SPARES;
		return true;
	}
	return false;
}

/* Whether the image still has the id under which it was opened. While its pool is locked, an image
 * that has its id is not erased: removal renames the image, then waits for the lock. */
static bool is_published(const struct store *s, const struct image *img)
{
	return fd_is_named(img->dir, s->root, img->id);
}

static bool has_space(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 && fs.f_bavail > fs.f_blocks / 16;
}

/* Locks the directory of a spare that is being made. -1: another process makes the spare, or has
 * finished it, and renamed the directory between open and lock. */
static int lock_new(int pool, const char *name)
{
	struct err ignored;
	own_fd int dir = lock_try(pool, name, &ignored);

	return dir >= 0 && fd_is_named(dir, pool, name) ? take_fd(&dir) : -1;
}

/* Makes and locks a directory; -1: another process makes this spare. */
static int begin(int pool, const char *name)
{
	own_fd int killed = -1; /* the directory that a killed process left */
	struct err ignored;

	if (mkdirat(pool, name, 0700) < 0 &&
	    (errno != EEXIST || (killed = lock_new(pool, name)) < 0 ||
	     subvol_erase(pool, name, &ignored) < 0 || mkdirat(pool, name, 0700) < 0))
		return -1;
	return lock_new(pool, name);
}

static void make_one(const struct image *img, int pool, int number)
{
	own_fd int dir = -1;
	char name[16], draft[16];
	struct err ignored;

	snprintf(name, sizeof(name), "%d", number);
	snprintf(draft, sizeof(draft), "%d.new", number);
	dir = begin(pool, draft);
	if (dir >= 0 &&
	    (subvol_snapshot(img->rootfs, dir, "rootfs", false, &ignored) < 0 ||
	     renameat2(pool, draft, pool, name, RENAME_NOREPLACE) < 0))
		subvol_erase(pool, draft, &ignored);
}

/* Reads the program ahead in the spare that the next run claims: snapshots do not share pages in
 * memory. The image may have a device node at this path, whose driver must not see an open. */
static void warm(int pool, const char *program)
{
	own_fd int root = -1, found = -1, file = -1;
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "%d/rootfs", find(pool, 0));
	root = openat(pool, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	found = root < 0 ? -1 : path_open(root, program, O_PATH, 0);
	if (found < 0 || fstat(found, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", found);
	file = open(name, O_RDONLY | O_CLOEXEC);
	if (file >= 0)
		posix_fadvise(file, 0, WARM, POSIX_FADV_WILLNEED);
}

/* Snapshots that are made at the same time, in different directories, share a commit. */
static void make(const struct store *s, const struct image *img, int wanted, const char *program)
{
	own_fd int pool = -1;
	pid_t child;

	if (mkdirat(img->dir, "spare", 0700) < 0 && errno != EEXIST)
		return;
	pool = open_pool(img);
	if (pool < 0 || !is_published(s, img) || !has_space(pool))
		return;
	for (int i = 0; i < SPARES && wanted > 0; i++) {
		if (is_there(pool, i))
			continue;
		child = --wanted ? fork() : -1;
		if (child > 0)
			continue;
		make_one(img, pool, i);
		if (child == 0)
			_exit(0);
	}
	while (wait(NULL) > 0)
		continue;
	warm(pool, program);
}

/* Runs in the child. Keeps no pipe, terminal or lock of the caller open. Closes the store before
 * the lock on CT_RUN, for which store_down waits. */
__attribute__((noreturn)) static void make_and_exit(const struct spares *sp, const struct store *s,
						    int run, const char *program)
{
	enum { RUN, ROOTFS, DIR, ROOT, OTHERS };
	struct store store = *s;
	struct image image = *sp->image;

	prctl(PR_SET_NAME, "spare");
	dup2(run, RUN);
	image.rootfs = dup2(sp->image->rootfs, ROOTFS);
	image.dir = dup2(sp->image->dir, DIR);
	store.root = dup2(s->root, ROOT);
	close_range(OTHERS, ~0U, 0);
	make(&store, &image, sp->wanted, program);
	close_range(ROOTFS, ~0U, 0);
	_exit(0);
}

void spare_prepare(const struct spares *sp, const struct store *s, pid_t pid)
{
	own_fd int pool = -1, run = -1;
	char link[32], program[PATH_MAX];
	ssize_t n;

	if (!sp || !sp->image || sp->image->dir < 0)
		return;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, program, sizeof(program) - 1);
	program[n < 0 ? 0 : n] = '\0';
	if (!sp->wanted) {
		pool = open_pool(sp->image);
		if (pool >= 0)
			warm(pool, program);
		return;
	}
	run = openat(s->run, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run >= 0 && lock_fd(run, LOCK_SH | LOCK_NB) == 0 && fork() == 0)
		make_and_exit(sp, s, run, program);
}
