/*
 * Any tar, compressed or not, unpacked: as a layer on top of a lower one, into a directory that is
 * in use, into an unused one, as a new root directory (the first byte chooses). The checksums of
 * headers are put right first, since random ones would hide what stands behind them.
 */
#define make_way  whiteout_make_way
#define KEPT_MAX  WHITEOUT_KEPT_MAX
#define take_room whiteout_take_room
#define enter_dir whiteout_enter_dir
#include "tar/whiteout.c"
#undef make_way
#undef KEPT_MAX
#undef take_room
#undef enter_dir
#include "tar/lateattr.c"
#include "tar/untar.c"

#include <search.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "files.h"
#include "jail.h"

enum { BLOCK = 512 };

static void correct(uint8_t *data, size_t n)
{
	static const uint8_t zeros[BLOCK];

	for (size_t at = 0; at + BLOCK <= n;) {
		uint8_t *head = data + at;
		unsigned sum = 0;
		char size[13] = "", text[8];

		at += BLOCK;
		if (memcmp(head, zeros, BLOCK) == 0)
			continue;
		memset(head + 148, ' ', 8);
		for (size_t i = 0; i < BLOCK; i++)
			sum += head[i];
		snprintf(text, sizeof(text), "%06o", sum);
		memcpy(head + 148, text, 7);
		memcpy(size, head + 124, 12);
		sum = (unsigned)strtoul(size, NULL, 8);
		at += sum < n ? (sum + BLOCK - 1) / BLOCK * BLOCK : n;
	}
}

static void make_lower(void)
{
	own_fd int f = -1;

	mkdir("a", 0755);
	mkdir("a/b", 0700);
	f = open("a/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (f < 0 || write(f, "lower", 5) != 5 || link("a/f", "h") < 0 || symlink("a", "l") < 0 ||
	    symlink("/a/b", "abs") < 0 || symlink("../../..", "up") < 0)
		abort();
}

static void see(void *arg, const void *data, size_t n)
{
	(void)arg;
	(void)data;
	(void)n;
}

static int end(void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	return 0;
}

static void free_dir(void *node)
{
	free(((struct dir *)node)->path);
	free(node);
}

static void free_link(void *node)
{
	free((void *)(uintptr_t)((struct link *)node)->name);
	free(node);
}

/* What the child process leaves to its end. */
static void free_unpack(struct unpack *u)
{
	if (u->disk)
		archive_write_free(u->disk);
	newfile_leave(&u->dir);
	tarread_close(&u->in);
	for (size_t i = 0; i < u->late.n; i++) {
		free(u->late.list[i].path);
		free(u->late.list[i].acl);
		free(u->late.list[i].value);
	}
	free(u->late.list);
	free(u->twice);
	if (u->watch) {
		tdestroy(u->lower.dirs, free_dir);
		tdestroy(u->lower.links, free_link);
		if (u->lower.mark > 0)
			close(u->lower.mark);
	}
}

struct input {
	int kind, fd, null;
};

static void unpack_input(void *arg)
{
	static const struct untar_rules rules[] = {
		{0}, {.owned = true, .uid = 7, .gid = 8, .follow = true, .disarmed = true}};
	static const struct untar_watch watch = {.see = see, .end = end};
	const struct input *in = arg;
	struct unpack u = {.in = {.what = "fuzz"}, .to = in->null};
	struct err e;

	if (in->kind == 0) {
		u.watch = &watch;
		u.in.verified = true;
		u.in.see = see_layer;
		u.in.arg = &u;
	} else if (in->kind < 3) {
		u.rules = &rules[in->kind - 1];
	}
	if (in->kind < 3)
		make_lower();
	clock_gettime(CLOCK_MONOTONIC, &u.told);
	if (bounds_begin(&u.bounds, "fuzz", &e) == 0)
		unpack_all(&u, in->fd, &e);
	if (u.rules)
		atomic_undo();
	free_unpack(&u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_fd int fd = memfd_create("tar", MFD_CLOEXEC),
		   null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	own_str uint8_t *copy = mem_alloc(n + 1);
	struct input in = {n > 0 ? *data & 3 : 0, fd, null};

	if (n == 0)
		return 0;
	memcpy(copy, data, n);
	correct(copy + 1, n - 1);
	if (fd < 0 || fd_write_all(fd, copy + 1, n - 1) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	jail_run(unpack_input, &in);
	return 0;
}
