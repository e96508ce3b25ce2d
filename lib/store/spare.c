#include "store/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/path.h"
#include "kernel/subvol.h"

/* The bytes to read ahead: of one file, and of all files of a spare; the number of these files, the
 * length of their list, and what the kernel reads for one call. */
enum {
	WARM_FILE = 8 << 20,
	WARM_SPARE = 16 << 20,
	WARM_FILES = 64,
	WARM_LIST = 4096,
	TURN = 4 << 20
};

/* Attributes of the pool: the program whose files have been read ahead in all its spares, and the
 * list of these files, the program first. */
static const char warm_for[] = "user.ct.program", warm_list[] = "user.ct.files";

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
	if (pool >= 0)
		/* without its NUL: the field has only zero bytes before */
		fgetxattr(pool, warm_for, sp->warm_for, sizeof(sp->warm_for) - 1);
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

/* The image may have a device node at this path, whose driver must not see an open. */
static off_t warm_file(int root, const char *path, off_t most)
{
	own_fd int found = path_open(root, path, O_PATH, 0), file = -1;
	char name[32];
	struct stat st;

	if (found < 0 || fstat(found, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", found);
	file = open(name, O_RDONLY | O_CLOEXEC);
	most = st.st_size < most ? st.st_size : most;
	for (off_t at = 0; file >= 0 && at < most; at += TURN)
		posix_fadvise(file, at, most - at < TURN ? most - at : TURN, POSIX_FADV_WILLNEED);
	return file < 0 ? 0 : most;
}

/* Reads files ahead in a spare: snapshots do not share pages in memory. */
static void warm(int pool, int number, const struct strv *files)
{
	own_fd int root = -1;
	off_t left = WARM_SPARE;
	char name[32];

	snprintf(name, sizeof(name), "%d/rootfs", number);
	root = openat(pool, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; root >= 0 && i < files->n; i++)
		left -= warm_file(root, files->v[i], left < WARM_FILE ? left : WARM_FILE);
}

/* Adds the files that the process has mapped: the libraries that its program loads at its start. */
static void add_mapped(pid_t pid, struct strv *files)
{
	own_str char *path = str_fmt("/proc/%d/maps", (int)pid), *line = NULL;
	own_file FILE *f = fopen(path, "re");
	size_t size = 0;
	ssize_t n;

	while (f && files->n < WARM_FILES && (n = getline(&line, &size, f)) > 0) {
		const char *mapped = strchr(line, '/');

		line[n - 1] = '\0'; /* the newline */
		if (mapped && !strv_has(files, mapped))
			strv_add(files, mapped);
	}
}

/* The program's files. A short program has ended before all of them can be seen: then those that an
 * earlier run saw. */
static void list_files(int pool, pid_t pid, const char *program, struct strv *files)
{
	own_strv struct strv before = {0};
	char text[WARM_LIST + 1] = "";

	strv_add(files, program);
	add_mapped(pid, files);
	if (fgetxattr(pool, warm_list, text, WARM_LIST) > 0)
		strv_split(&before, text, '\n');
	if (before.n > files->n && str_equal(before.v[0], program)) {
		for (size_t i = 0; i < before.n; i++)
			if (!strv_has(files, before.v[i]))
				strv_add(files, before.v[i]);
	} else if (files->n > 1) {
		own_str char *list = strv_join(files, "\n");

		fsetxattr(pool, warm_list, list, strnlen(list, WARM_LIST), 0);
	}
}

static void warm_all(int pool, pid_t pid, const char *program)
{
	own_strv struct strv files = {0};

	list_files(pool, pid, program, &files);
	for (int i = find(pool, 0); i < SPARES; i = find(pool, i + 1))
		warm(pool, i, &files);
	if (*program)
		fsetxattr(pool, warm_for, program, strlen(program), 0);
}

/* Snapshots that are made at the same time, in different directories, share a commit. */
static void make(const struct store *s, const struct image *img, int wanted, pid_t pid,
		 const char *program)
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
	warm_all(pool, pid, program);
}

/* Runs in the child. Keeps no pipe, terminal or lock of the caller open. Closes the store before
 * the lock on CT_RUN, for which store_down waits. */
__attribute__((noreturn)) static void make_and_exit(const struct spares *sp, const struct store *s,
						    int run, pid_t pid, const char *program)
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
	make(&store, &image, sp->wanted, pid, program);
	close_range(ROOTFS, ~0U, 0);
	_exit(0);
}

void spare_prepare(const struct spares *sp, const struct store *s, pid_t pid)
{
	own_fd int pool = -1, run = -1;
	char link[32], program[PATH_MAX];
	struct strv one = {.v = (char *[]){program}, .n = 1};
	ssize_t n;

	if (!sp || !sp->image || sp->image->dir < 0)
		return;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, program, sizeof(program) - 1);
	if (n < 0) /* it has ended already: it was probably the program of the last run */
		n = (ssize_t)strlen(strcpy(program, sp->warm_for));
	program[n] = '\0';
	if (!sp->wanted) {
		pool = strcmp(program, sp->warm_for) == 0 ? -1 : open_pool(sp->image);
		if (pool >= 0)
			warm(pool, find(pool, 0), &one);
		return;
	}
	run = openat(s->run, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run >= 0 && lock_fd(run, LOCK_SH | LOCK_NB) == 0 && fork() == 0)
		make_and_exit(sp, s, run, pid, program);
}
