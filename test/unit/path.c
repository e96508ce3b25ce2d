#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/own.h"
#include "base/path.h"

static struct err e;

/* root/ is the untrusted root, outside/ is beside it. */
static int beside(void **state)
{
	struct scratch *s;
	int top;

	if (scratch_make(state) < 0)
		return -1;
	s = *state;
	top = s->dir;
	mkdirat(top, "root", 0755);
	mkdirat(top, "outside", 0755);
	close(openat(top, "outside/secret", O_WRONLY | O_CREAT, 0644));
	s->dir = openat(top, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(top);
	return s->dir < 0 ? -1 : 0;
}

static bool there(const struct scratch *s, const char *path)
{
	return faccessat(s->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void a_link_up_and_out_ends_at_the_root(void **state)
{
	struct scratch *s = *state;

	scratch_link(s, "../../../../outside", "up");
	scratch_link(s, s->path, "absolute");
	assert_int_equal(path_open(s->dir, "up/secret", O_RDONLY, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(path_open(s->dir, "absolute/outside/secret", O_RDONLY, 0), -1);
	assert_int_equal(path_open(s->dir, "../outside/secret", O_RDONLY, 0), -1);
	assert_int_equal(path_open(s->dir, "/../outside/secret", O_RDONLY, 0), -1);
}

static void an_absolute_link_starts_at_the_given_root(void **state)
{
	struct scratch *s = *state;
	own_fd int made = openat(s->dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), fd = -1;

	scratch_link(s, "/file", "link");
	fd = path_open(s->dir, "link", O_RDONLY, 0);
	assert_true(made >= 0 && fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void links_of_proc_into_other_roots_are_refused(void **state)
{
	own_fd int root = open("/", O_PATH | O_CLOEXEC);

	(void)state;
	assert_int_equal(path_open(root, "proc/self/root/etc", O_PATH, 0), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(path_open(root, "proc/self/fd/0", O_PATH, 0), -1);
}

static void directories_are_made_with_their_parents(void **state)
{
	struct scratch *s = *state;
	own_fd int fd = path_mkdirs(s->dir, "/a//b/c/", 0755, &e), again = -1;

	assert_true(fd >= 0);
	assert_true(there(s, "a/b/c"));
	again = path_mkdirs(s->dir, "a/b/c", 0755, &e);
	assert_true(again >= 0);
}

static void the_root_is_an_existing_directory(void **state)
{
	struct scratch *s = *state;
	own_fd int slash = path_mkdirs(s->dir, "/", 0755, &e),
		   up = path_mkdirs(s->dir, "../..", 0755, &e);
	struct stat want, got;

	assert_true(slash >= 0 && up >= 0);
	fstat(s->dir, &want);
	fstat(up, &got);
	assert_int_equal(got.st_ino, want.st_ino);
}

static void directories_are_made_through_links_inside_the_root_only(void **state)
{
	struct scratch *s = *state;
	own_fd int fd = -1;

	mkdirat(s->dir, "outside", 0755);
	scratch_link(s, "../outside", "link");
	fd = path_mkdirs(s->dir, "link/made", 0755, &e);
	assert_true(fd >= 0);
	assert_true(there(s, "outside/made"));
	assert_false(there(s, "../outside/made"));
}

static void a_dangling_link_is_an_error_with_its_name(void **state)
{
	struct scratch *s = *state;

	scratch_link(s, "/nowhere/at/all", "link");
	assert_refused(path_mkdirs(s->dir, "link/made", 0755, &e), &e,
		       "link: dangling symbolic link");
	assert_false(there(s, "nowhere"));
}

static void a_file_in_place_of_a_directory_is_an_error_with_its_name(void **state)
{
	struct scratch *s = *state;

	close(openat(s->dir, "file", O_WRONLY | O_CREAT, 0644));
	assert_refused(path_mkdirs(s->dir, "file/made", 0755, &e), &e,
		       "file/made: Not a directory");
	assert_refused(path_mkdirs(s->dir, "file", 0755, &e), &e, "file: Not a directory");
}

static void an_empty_path_is_refused(void **state)
{
	struct scratch *s = *state;

	memset(&e, 0, sizeof(e));
	assert_int_equal(path_mkdirs(s->dir, "", 0755, &e), -1);
	assert_int_equal(path_mkfile(s->dir, "", 0644, &e), -1);
}

static void a_file_to_mount_on_is_made_with_its_parents(void **state)
{
	struct scratch *s = *state;
	own_fd int fd = path_mkfile(s->dir, "etc/deep/hosts", 0644, &e);
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstatat(s->dir, "etc/deep/hosts", &st, 0), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void an_existing_file_to_mount_on_is_not_opened(void **state)
{
	struct scratch *s = *state;
	own_fd int fifo = -1, plain = -1;
	struct stat st;

	mkfifoat(s->dir, "fifo", 0644);
	alarm(10);
	fifo = path_mkfile(s->dir, "fifo", 0644, &e);
	alarm(0);
	assert_true(fifo >= 0);
	assert_true(fcntl(fifo, F_GETFL) & O_PATH);
	scratch_link(s, "../../outside/secret", "link");
	plain = path_mkfile(s->dir, "link", 0644, &e);
	assert_int_equal(plain, -1); /* its parents are not made */
	assert_int_equal(fstatat(s->dir, "../outside/secret", &st, 0), 0);
	assert_int_equal(st.st_size, 0);
}

static void assert_resolved(const struct scratch *s, const char *path, const char *wanted)
{
	own_str char *got = path_resolved(s->dir, path);

	assert_string_equal(got, wanted);
}

static void a_path_is_resolved_without_links_inside_the_root(void **state)
{
	struct scratch *s = *state;

	mkdirat(s->dir, "dir", 0755);
	scratch_link(s, "/dir", "absolute");
	scratch_link(s, "../../outside", "out");
	scratch_link(s, "absolute/new", "dangling");
	scratch_link(s, "loop", "loop");
	assert_resolved(s, "/dir", "/dir");
	assert_resolved(s, "/absolute/a//./b/", "/dir/a/b");
	assert_resolved(s, "/absolute/../x", "/x");
	assert_resolved(s, "/out/secret", "/outside/secret");
	assert_resolved(s, "/dangling/more", "/dir/new/more");
	assert_resolved(s, "/../../etc", "/etc");
	assert_resolved(s, "/none/../../../etc", "/etc");
	assert_resolved(s, "relative", "/relative");
	assert_resolved(s, "/", "/");
	assert_resolved(s, "", "/");
	assert_resolved(s, "/loop", "/");
}

#define test(f) cmocka_unit_test_setup_teardown(f, beside, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_link_up_and_out_ends_at_the_root),
		test(an_absolute_link_starts_at_the_given_root),
		test(links_of_proc_into_other_roots_are_refused),
		test(directories_are_made_with_their_parents),
		test(the_root_is_an_existing_directory),
		test(directories_are_made_through_links_inside_the_root_only),
		test(a_dangling_link_is_an_error_with_its_name),
		test(a_file_in_place_of_a_directory_is_an_error_with_its_name),
		test(an_empty_path_is_refused),
		test(a_file_to_mount_on_is_made_with_its_parents),
		test(an_existing_file_to_mount_on_is_not_opened),
		test(a_path_is_resolved_without_links_inside_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
