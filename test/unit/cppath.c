#include "unit.h"

#include <sys/stat.h>

#include "base/own.h"
#include "container/cppath.h"

static struct err e;

/* dir/, file, dir/inner; sub/ stands for a container's root. */
static int make(void **state)
{
	struct scratch *s;

	if (scratch_make(state) < 0)
		return -1;
	s = *state;
	return mkdirat(s->dir, "dir", 0755) | mknodat(s->dir, "file", S_IFREG | 0644, 0) |
		mknodat(s->dir, "dir/inner", S_IFREG | 0644, 0);
}

#define unit_test_places(f) cmocka_unit_test_setup_teardown(f, make, scratch_remove)

static struct cppath at(const struct scratch *s, const char *path)
{
	return (struct cppath){.root = s->dir, .path = path, .shown = path};
}

/* The destination of a file: "NAME", in the directory with the inode of `in`. */
static void goes(const struct scratch *s, const char *path, const char *in, const char *name)
{
	own_dest struct dest d = {.dir = -1};
	struct cppath to = at(s, path);
	struct stat want, got;

	assert_int_equal(dest_find(&to, &(struct source){.name = (char[]){"src"}}, &d, &e), 0);
	assert_string_equal(d.name, name);
	assert_int_equal(fstatat(s->dir, in, &want, 0), 0);
	assert_int_equal(fstat(d.dir, &got), 0);
	assert_true(want.st_ino == got.st_ino);
}

static void a_source_is_named_after_the_last_component_of_its_path(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
		{"dir", "dir"}, {"/dir/", "dir"}, {"dir//inner", "inner"}, {"dir/.", NULL},
		{"/", NULL},    {".", NULL},      {"dir/..", NULL},        {"dir/./", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_source struct source s = {.fd = -1};
		struct cppath from = at(*state, cases[i].path);

		assert_int_equal(source_find(&from, &s, &e), 0);
		assert_int_equal(s.dir, !cases[i].name || strcmp(cases[i].name, "dir") == 0);
		if (cases[i].name)
			assert_string_equal(s.name, cases[i].name);
		else
			assert_null(s.name);
	}
}

static void a_file_is_placed_as_by_podman(void **state)
{
	goes(*state, "dir", "dir", "src");
	goes(*state, "dir/", "dir", "src");
	goes(*state, "/", ".", "src");
	goes(*state, "file", ".", "file");
	goes(*state, "/new", ".", "new");
	goes(*state, "dir/new", "dir", "new");
	goes(*state, "dir/inner", "dir", "inner");
}

static void links_are_resolved_beneath_the_root(void **state)
{
	const struct scratch *s = *state;

	scratch_link(s, "dir", "to-dir");
	scratch_link(s, "/dir/inner", "absolute");
	scratch_link(s, "../../../dir/new", "up");
	scratch_link(s, "absolute", "twice");
	scratch_link(s, "../file", "dir/relative");
	goes(s, "to-dir", "dir", "src");
	goes(s, "absolute", "dir", "inner");
	goes(s, "twice", "dir", "inner");
	goes(s, "up", "dir", "new");
	goes(s, "dir/relative", ".", "file");
	goes(s, "to-dir/relative", ".", "file");
}

static void invalid_destinations_are_refused(void **state)
{
	static const struct {
		const char *path;
		bool dir;
		const char *sentence;
	} cases[] = {
		{"new/", false, "new/: no such directory"},
		{"file/", false, "file/: no such directory"},
		{"file", true, "file: not a directory, and a directory does not replace it"},
		{"file/", true, "file/: not a directory, and a directory does not replace it"},
		{"file/in", false, "file/in: Not a directory"},
		{"missing/new", false, "missing/new: No such file or directory"},
		{"missing/..", false, "missing/..: No such file or directory"},
		{"fifo", false, "fifo: neither a file nor a directory"},
		{"loop", false, "loop: Too many levels of symbolic links"},
		{"", false, ": No such file or directory"},
	};
	const struct scratch *s = *state;

	scratch_link(s, "loop", "loop");
	assert_int_equal(mkfifoat(s->dir, "fifo", 0600), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_dest struct dest d = {.dir = -1};
		struct cppath to = at(s, cases[i].path);

		assert_refused(dest_find(&to, &(struct source){.dir = cases[i].dir}, &d, &e), &e,
			       cases[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_places(a_source_is_named_after_the_last_component_of_its_path),
		unit_test_places(a_file_is_placed_as_by_podman),
		unit_test_places(links_are_resolved_beneath_the_root),
		unit_test_places(invalid_destinations_are_refused),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
