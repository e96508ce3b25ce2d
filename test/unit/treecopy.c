#include "unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/own.h"
#include "tar/treecopy.h"

static struct err e;

/* from/ is the source, to/ the destination. */
struct pair {
	int from, to;
};

static struct pair make_pair(const struct scratch *s)
{
	mkdirat(s->dir, "from", 0755);
	mkdirat(s->dir, "to", 0755);
	return (struct pair){openat(s->dir, "from", O_RDONLY | O_CLOEXEC),
			     openat(s->dir, "to", O_RDONLY | O_CLOEXEC)};
}

static void close_pair(const struct pair *p)
{
	close(p->from);
	close(p->to);
}

#define own_pair __attribute__((cleanup(close_pair)))

static void put(int dir, const char *name, size_t size)
{
	own_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
}

static void the_size_counts_each_regular_file_once(void **state)
{
	struct scratch *s = *state;
	uint64_t bytes = 0;

	put(s->dir, "a", 1000);
	mkdirat(s->dir, "d", 0755);
	put(s->dir, "d/b", 200);
	assert_int_equal(linkat(s->dir, "a", s->dir, "d/a-again", 0), 0);
	assert_int_equal(linkat(s->dir, "a", s->dir, "z", 0), 0);
	assert_int_equal(symlinkat("a", s->dir, "link"), 0);
	mkfifoat(s->dir, "fifo", 0600);
	assert_int_equal(treecopy_size(s->dir, "top", &bytes, &e), 0);
	assert_int_equal(bytes, 1200);
}

static void a_tree_is_walked_from_the_start_of_its_directory(void **state)
{
	struct scratch *s = *state;
	uint64_t bytes = 0;

	put(s->dir, "a", 10);
	for (int i = 0; i < 2; i++)
		assert_int_equal(treecopy_size(s->dir, "top", &bytes, &e), 0);
	assert_int_equal(bytes, 10);
}

static void hard_links_are_kept(void **state)
{
	struct scratch *s = *state;
	own_pair struct pair p = make_pair(s);
	struct stat a, b;

	put(p.from, "a", 3);
	mkdirat(p.from, "d", 0755);
	assert_int_equal(linkat(p.from, "a", p.from, "d/b", 0), 0);
	assert_int_equal(treecopy_copy(p.from, "top", p.to, NULL, NULL, &e), 0);
	assert_int_equal(fstatat(p.to, "a", &a, 0), 0);
	assert_int_equal(fstatat(p.to, "d/b", &b, 0), 0);
	assert_true(a.st_ino == b.st_ino && a.st_nlink == 2);
}

static void the_copy_has_the_mode_and_time_of_the_source(void **state)
{
	struct timespec times[2] = {{.tv_sec = 5}, {.tv_sec = 1000, .tv_nsec = 7}};
	struct scratch *s = *state;
	own_pair struct pair p = make_pair(s);
	struct stat st;

	put(p.from, "a", 3);
	fchmod(p.from, 0711);
	futimens(p.from, times);
	assert_int_equal(treecopy_copy(p.from, "top", p.to, NULL, NULL, &e), 0);
	assert_int_equal(fstat(p.to, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	assert_true(st.st_mtim.tv_sec == 1000 && st.st_mtim.tv_nsec == 7);
}

static void a_failure_names_the_path_as_the_user_gave_it(void **state)
{
	struct scratch *s = *state;
	own_pair struct pair p = make_pair(s);

	mkdirat(p.from, "d", 0755);
	put(p.from, "d/f", 3);
	mkdirat(p.to, "d", 0755); /* blocks the copy */
	assert_refused(treecopy_copy(p.from, "some/where", p.to, NULL, NULL, &e), &e,
		       "copy some/where/d: File exists");
	assert_int_equal(e.sys, EEXIST);
}

static void a_copy_into_the_source_is_refused(void **state)
{
	struct scratch *s = *state;
	own_pair struct pair p = make_pair(s);

	assert_refused(treecopy_copy(s->dir, "top", p.to, NULL, NULL, &e), &e,
		       "copied into itself: top/to: Too many levels of symbolic links");
}

static void a_long_path_in_an_error_keeps_its_end_and_the_reason(void **state)
{
	struct scratch *s = *state;
	int up = dup(s->dir), down;
	char name[101];

	memset(name, 'x', 100);
	name[100] = '\0';
	for (int i = 0; i < 8; i++) {
		mkdirat(up, name, 0755);
		down = openat(up, name, O_RDONLY | O_CLOEXEC);
		close(up);
		up = down;
	}
	assert_int_equal(treecopy_copy(s->dir, "top", up, NULL, NULL, &e), -1);
	assert_true(strncmp(e.msg, "copied into itself: ...xxx", 26) == 0);
	assert_non_null(strstr(e.msg, "x: Too many levels"));
	close(up);
}

static void a_tree_that_is_too_deep_is_refused_before_the_stack_ends(void **state)
{
	struct scratch *s = *state;
	int dir = dup(s->dir);
	uint64_t bytes;

	for (int i = 0; i < 1500; i++) {
		int next;

		assert_int_equal(mkdirat(dir, "d", 0755), 0);
		next = openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(dir);
		dir = next;
	}
	close(dir);
	assert_int_equal(treecopy_size(s->dir, "top", &bytes, &e), -1);
	assert_true(strncmp(e.msg, "top/d/d", 7) == 0);
	assert_non_null(strstr(e.msg, "...: more than 1000 directories deep"));
}

static void text(int dir, const char *name, const char *words)
{
	own_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, words, strlen(words)), strlen(words));
}

static void assert_text(int dir, const char *name, const char *words)
{
	own_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char found[40] = "";

	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	assert_string_equal(found, words);
}

static void a_merge_adds_missing_files_and_keeps_existing_ones(void **state)
{
	struct scratch *s = *state;
	own_pair struct pair p = make_pair(s);
	struct stat st, other;

	mkdirat(p.from, "d", 0755);
	text(p.from, "d/new", "from");
	text(p.from, "d/kept", "from");
	assert_int_equal(fchmodat(p.from, "d/new", 04751, 0), 0);
	assert_int_equal(linkat(p.from, "d/new", p.from, "d/again", 0), 0);
	assert_int_equal(symlinkat("there", p.from, "link"), 0);
	mkfifoat(p.from, "fifo", 0640);
	mkdirat(p.to, "d", 0700);
	text(p.to, "d/kept", "to");
	text(p.to, "d/own", "to");
	for (int i = 0; i < 2; i++)
		assert_int_equal(treecopy_merge(p.from, "top", p.to, &e), 0);
	assert_text(p.to, "d/new", "from");
	assert_text(p.to, "d/kept", "to");
	assert_text(p.to, "d/own", "to");
	assert_int_equal(fstatat(p.to, "d/new", &st, 0), 0);
	assert_int_equal(fstatat(p.to, "d/again", &other, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 04751);
	assert_true(st.st_ino == other.st_ino);
	assert_int_equal(fstatat(p.to, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(fstatat(p.to, "fifo", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFIFO | 0640);
}

static void a_merge_follows_no_link_and_replaces_nothing(void **state)
{
	struct scratch *s = *state;
	own_pair struct pair p = make_pair(s);
	struct stat st;

	mkdirat(s->dir, "victim", 0700);
	mkdirat(p.from, "dir", 0755);
	text(p.from, "dir/f", "from");
	mkdirat(p.from, "file", 0755);
	text(p.from, "file/f", "from");
	text(p.from, "f", "from");
	text(p.to, "file", "to");
	text(s->dir, "victim/kept", "kept");
	assert_int_equal(symlinkat("../victim", p.to, "dir"), 0);
	assert_int_equal(symlinkat("../victim/kept", p.to, "f"), 0);
	assert_int_equal(treecopy_merge(p.from, "top", p.to, &e), 0);
	assert_text(p.to, "file", "to");
	assert_text(s->dir, "victim/kept", "kept");
	assert_int_equal(fstatat(s->dir, "victim/f", &st, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(fstatat(s->dir, "victim", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(the_size_counts_each_regular_file_once),
		unit_test_scratch(a_tree_is_walked_from_the_start_of_its_directory),
		unit_test_scratch(hard_links_are_kept),
		unit_test_scratch(the_copy_has_the_mode_and_time_of_the_source),
		unit_test_scratch(a_failure_names_the_path_as_the_user_gave_it),
		unit_test_scratch(a_copy_into_the_source_is_refused),
		unit_test_scratch(a_long_path_in_an_error_keeps_its_end_and_the_reason),
		unit_test_scratch(a_tree_that_is_too_deep_is_refused_before_the_stack_ends),
		unit_test_scratch(a_merge_adds_missing_files_and_keeps_existing_ones),
		unit_test_scratch(a_merge_follows_no_link_and_replaces_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
