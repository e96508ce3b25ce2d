#include "kernel/freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/shell.h"
#include "base/str.h"
#include "kernel/hierarchy.h"

/*
 * Finds the hierarchy with a freezer: v1's freezer controller, or else v2, where every
 * cgroup has a freezer.
 */
static const struct hierarchy *find_tree(void)
{
	static const char *const any[] = {"freezer", "pids", "memory", "cpu", "cpuset", "io"};
	const struct hierarchy *tree;

	for (size_t i = 0; i < sizeof(any) / sizeof(*any); i++) {
		tree = hierarchy_of(any[i]);
		if (tree && (i == 0 || tree->v2))
			return tree;
	}
	return NULL;
}

static int open_file(const struct hierarchy *tree, const char *group, const char *file, int flags,
		     struct err *e)
{
	own_str char *path = hierarchy_path(tree, group, file);
	int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s", path) : fd;
}

int freezer_open(const char *group, struct freezer *f, struct err *e)
{
	const struct hierarchy *tree = find_tree();

	*f = (struct freezer)FREEZER_NONE;
	if (!tree)
		return err_code(e, ENOENT,
				"control groups: no hierarchy with a freezer is mounted");
	f->v2 = tree->v2;
	f->control = open_file(tree, group, f->v2 ? "cgroup.freeze" : "freezer.state", O_WRONLY, e);
	if (f->control >= 0)
		f->state = open_file(tree, group, f->v2 ? "cgroup.events" : "freezer.state",
				     O_RDONLY, e);
	if (f->state >= 0)
		return 0;
	freezer_close(f);
	return -1;
}

void freezer_close(struct freezer *f)
{
	shut_fd(&f->control);
	shut_fd(&f->state);
}

static int set(const struct freezer *f, const char *value)
{
	int done = explained((int)write(f->control, value, strlen(value)),
			     "write(%d /* %s */, \"%s\")", f->control,
			     f->v2 ? "cgroup.freeze" : "freezer.state", value);

	if (explain_fd >= 0 && done > 0) {
		own_str char *path = fd_path(f->control);
		own_buf struct buf line = {0};

		buf_fmt(&line, "echo %s >", value);
		shell_word(&line, path);
		explain_same(line.data);
	}
	return done < 0 ? -1 : 0;
}

/* 1: frozen, 0: not or not yet, -1 with errno. */
static int read_state(const struct freezer *f)
{
	char text[256];
	ssize_t n = pread(f->state, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return strstr(text, f->v2 ? "frozen 1" : "FROZEN") != NULL;
}

bool freezer_is_frozen(const struct freezer *f)
{
	return read_state(f) == 1;
}

int freezer_thaw(const struct freezer *f, struct err *e)
{
	/* ENODEV: the cgroup was deleted while its file was open. */
	return set(f, f->v2 ? "0" : "THAWED") < 0 && errno != ENODEV ? err_sys(e, "thaw") : 0;
}

int freezer_freeze(const struct freezer *f, int ms, struct err *e)
{
	struct timespec pause = {.tv_nsec = 50000};
	struct err ignored;
	long spent = 0;
	int frozen = set(f, f->v2 ? "1" : "FROZEN");

	while (frozen == 0 && (frozen = read_state(f)) == 0 && spent < ms * 1000000L) {
		nanosleep(&pause, NULL);
		spent += pause.tv_nsec;
		if (pause.tv_nsec < 10000000)
			pause.tv_nsec += pause.tv_nsec / 4;
	}
	if (frozen > 0)
		return 0;
	if (frozen == 0)
		errno = ETIMEDOUT;
	err_sys(e, "freeze");
	freezer_thaw(f, &ignored);
	return -1;
}
