/*
 * Shared by the unit tests: cmocka with its headers, an assertion for errors, and a scratch
 * directory.
 */
#ifndef CT_UNIT_H
#define CT_UNIT_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

/* The call fails with exactly this message. */
#define assert_refused(call, e, sentence)                \
	do {                                             \
		memset((e), 0, sizeof(*(e)));            \
		assert_int_equal((call), -1);            \
		assert_string_equal((e)->msg, sentence); \
	} while (0)

/* A control group name that no other test uses at the same time, even in another PID namespace. */
static inline const char *unit_group(void)
{
	static char name[64];
	struct stat st = {0};

	stat("/proc/self/ns/pid", &st);
	snprintf(name, sizeof(name), "ct-unit-%lu-%d", (unsigned long)st.st_ino, (int)getpid());
	return name;
}

/* Setup and teardown of a new open directory; *state points to its struct. */
struct scratch {
	char path[200];
	int dir;
};

static inline int scratch_make(void **state)
{
	static struct scratch s;
	const char *tmp = getenv("TMPDIR");

	snprintf(s.path, sizeof(s.path), "%s/ct-unit.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(s.path))
		return -1;
	s.dir = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &s;
	return s.dir < 0 ? -1 : 0;
}

static inline int scratch_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline int scratch_remove(void **state)
{
	struct scratch *s = *state;
	int failed = nftw(s->path, scratch_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	close(s->dir);
	return failed;
}

static inline void scratch_link(const struct scratch *s, const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, s->dir, name), 0);
}

#define unit_test_scratch(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

#endif
