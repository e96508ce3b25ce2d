/* Device rules of a cgroup: by the BPF program of v2 and by the files of v1. */
#include "unit.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"
#include "kernel/cgroup.h"
#include "kernel/devrules.h"

static struct err e;

/* The directory where cgroup2 is mounted; NULL: nowhere. */
static const char *v2_root(void)
{
	return access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup"
		: access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0
		? "/sys/fs/cgroup/unified"
		: NULL;
}

/* In a child in the cgroup: 'y' or 'n' for each attempt. */
static void try_devices(char out[5])
{
	const struct {
		const char *path;
		int flags;
	} tries[] = {{"/dev/null", O_RDONLY},
		     {"/dev/null", O_RDWR},
		     {"/dev/zero", O_RDONLY},
		     {"/dev/urandom", O_WRONLY}};

	for (int i = 0; i < 4; i++) {
		own_fd int fd = open(tries[i].path, tries[i].flags | O_CLOEXEC);

		out[i] = fd >= 0 ? 'y' : errno == EPERM ? 'n' : '?';
	}
	out[4] = '\0';
}

static const char *tried_in(const char *procs)
{
	static char out[5];
	int ends[2];
	pid_t pid;

	memset(out, 0, sizeof(out));
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		char text[5];

		if (file_put(AT_FDCWD, procs, "0", &e) < 0)
			_exit(1);
		try_devices(text);
		_exit(write(ends[1], text, 5) != 5);
	}
	close(ends[1]);
	if (read(ends[0], out, 5) != 5)
		fail_msg("%s: %s", procs, e.msg);
	close(ends[0]);
	assert_int_equal(proc_wait_child(pid), 0);
	return out;
}

static const struct devrule deny_all = {.type = 'a', .major = -1, .minor = -1};
static const struct devrule read_memory = {1, -1, true, 'c', "r"};
static const struct devrule write_null = {1, 3, true, 'c', "w"};
static const struct devrule not_zero = {1, 5, false, 'c', ""};

static void test_program(void **state)
{
	own_str char *dir = NULL, *procs = NULL;
	own_fd int fd = -1;

	(void)state;
	if (!v2_root())
		skip();
	dir = str_fmt("%s/%s", v2_root(), unit_group());
	procs = str_fmt("%s/cgroup.procs", dir);
	assert_int_equal(mkdir(dir, 0755), 0);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_string_equal(tried_in(procs), "yyyy");
	{
		const struct devrule rules[] = {deny_all, read_memory, write_null};

		/* Two rules together allow to open /dev/null for both. */
		assert_int_equal(devrules_attach(fd, rules, 3, &e), 0);
		assert_string_equal(tried_in(procs), "yyyn");
	}
	{
		const struct devrule rules[] = {deny_all, read_memory, not_zero};

		/* These replace the former ones. */
		assert_int_equal(devrules_attach(fd, rules, 3, &e), 0);
		assert_string_equal(tried_in(procs), "ynnn");
	}
	assert_int_equal(rmdir(dir), 0);
}

static void test_files_of_v1(void **state)
{
	own_str char *group = str_fmt("%s/dev", unit_group());
	own_str char *procs = str_fmt("/sys/fs/cgroup/devices/%s/cgroup.procs", group);
	struct cgroup_group g;
	static const struct limits none;
	const struct devrule rules[] = {deny_all, read_memory, write_null};

	(void)state;
	if (access("/sys/fs/cgroup/devices/devices.allow", F_OK) < 0)
		skip();
	assert_int_equal(cgroup_create(group, &none, &g, &e), 0);
	cgroup_close(&g);
	if (devrules_set(group, rules, 3, &e) < 0)
		fail_msg("%s", e.msg);
	/* Unlike the program, v1 wants one rule that allows all accesses of an open(2). */
	assert_string_equal(tried_in(procs), "ynyn");
	assert_int_equal(cgroup_delete(group, &e), 0);
}

static void test_invalid_rules(void **state)
{
	const struct devrule access = {1, 3, true, 'c', "rx"}, type = {1, 3, true, 'x', "r"};

	(void)state;
	assert_refused(devrules_set("a/b", &access, 1, &e), &e,
		       "device rule: access rx: not of r, w and m");
	assert_refused(devrules_set("a/b", &type, 1, &e), &e, "device rule: type x: not a, b or c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_files_of_v1),
		cmocka_unit_test(test_invalid_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
