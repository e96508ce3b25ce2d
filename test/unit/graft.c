#include "unit.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "build/graft.h"
#include "build/ignore.h"
#include "build/sources.h"
#include "build/tarlike.h"

static struct err e;
static const struct graft as_it_is = {.mode = -1};

static void file(const struct scratch *s, const char *name, const char *text)
{
	assert_int_equal(file_write(s->dir, name, 0640, text, strlen(text), &e), 0);
}

static void dir(const struct scratch *s, const char *name)
{
	assert_int_equal(mkdirat(s->dir, name, 0750), 0);
}

/* Copies "src" to dest beneath "root". */
static int copy(const struct scratch *s, const struct graft *g, const char *source,
		const char *dest)
{
	own_fd int root = openat(s->dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_fd int from = openat(s->dir, source, O_PATH | O_CLOEXEC);

	assert_true(root >= 0 && from >= 0);
	return graft_copy(g, from, source, root, dest, &e);
}

static void has(const struct scratch *s, const char *name, const char *text)
{
	own_buf struct buf got = {0};
	struct err why;

	if (file_read(s->dir, name, 4096, &got, &why) < 0)
		fail_msg("%s: %s", name, why.msg);
	assert_string_equal(got.data ? got.data : "", text);
}

static mode_t mode(const struct scratch *s, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static bool there(const struct scratch *s, const char *name)
{
	return faccessat(s->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Dockerfile reference, "COPY": "Destination" and "Source". */
static void a_file_goes_into_a_directory_or_gets_its_name(void **state)
{
	const struct scratch *s = *state;

	dir(s, "root");
	dir(s, "root/there");
	file(s, "a", "text");
	assert_int_equal(copy(s, &as_it_is, "a", "/there"), 0);
	has(s, "root/there/a", "text");
	assert_int_equal(copy(s, &as_it_is, "a", "/new/"), 0);
	has(s, "root/new/a", "text");
	assert_int_equal(copy(s, &as_it_is, "a", "/x/y/z"), 0);
	has(s, "root/x/y/z", "text");
	assert_int_equal(mode(s, "root/x/y/z"), 0640);
	assert_int_equal(mode(s, "root/x"), 0755);
	file(s, "a", "again");
	assert_int_equal(copy(s, &as_it_is, "a", "/x/y/z"), 0);
	has(s, "root/x/y/z", "again");
}

static void the_content_of_a_directory_is_merged(void **state)
{
	const struct scratch *s = *state;

	dir(s, "root");
	dir(s, "root/d");
	file(s, "root/d/old", "old");
	dir(s, "src");
	dir(s, "src/sub");
	file(s, "src/sub/f", "f");
	scratch_link(s, "sub/f", "src/link");
	assert_int_equal(copy(s, &as_it_is, "src", "/d"), 0);
	has(s, "root/d/old", "old");
	has(s, "root/d/sub/f", "f");
	has(s, "root/d/link", "f");
	assert_int_equal(mode(s, "root/d/sub"), 0750);
}

static void links_are_followed_to_the_destination_but_not_out_of_the_tree(void **state)
{
	const struct scratch *s = *state;

	dir(s, "root");
	dir(s, "outside");
	dir(s, "root/real");
	scratch_link(s, "/real", "root/near");
	scratch_link(s, "../outside", "root/far");
	file(s, "a", "text");
	assert_int_equal(copy(s, &as_it_is, "a", "/near/x"), 0);
	has(s, "root/real/x", "text");
	assert_int_equal(copy(s, &as_it_is, "a", "/far/x"), 0);
	assert_false(there(s, "outside/x"));
	has(s, "root/outside/x", "text");
	/* Beneath the destination, a link to a directory does not count as a directory. */
	dir(s, "src");
	dir(s, "src/near");
	assert_refused(copy(s, &as_it_is, "src", "/"), &e,
		       "a file that is not a directory is in its place: src/near: Not a directory");
}

static void owners_and_modes_are_set(void **state)
{
	const struct graft g = {.owned = true, .uid = getuid(), .gid = getgid(), .mode = 0711};
	const struct scratch *s = *state;

	dir(s, "root");
	dir(s, "src");
	dir(s, "src/sub");
	file(s, "src/f", "f");
	assert_int_equal(copy(s, &g, "src", "/d"), 0);
	assert_int_equal(mode(s, "root/d/f"), 0711);
	assert_int_equal(mode(s, "root/d/sub"), 0711);
}

static void excluded_files_are_not_copied(void **state)
{
	own_ignore struct ignore ig = {0}, ex = {0};
	const struct graft g = {.ignore = &ig, .exclude = &ex, .mode = -1};
	const struct scratch *s = *state;

	assert_int_equal(ignore_read(&ig, "src/no\nsrc/part\n!src/part/yes", &e), 0);
	assert_int_equal(ignore_add(&ex, "*.o", &e), 0);
	dir(s, "root");
	dir(s, "src");
	dir(s, "src/no");
	file(s, "src/no/f", "f");
	dir(s, "src/part");
	file(s, "src/part/yes", "y");
	file(s, "src/part/other", "o");
	file(s, "src/a.o", "o");
	file(s, "src/a.c", "c");
	assert_int_equal(copy(s, &g, "src", "/d"), 0);
	assert_false(there(s, "root/d/no"));
	assert_true(there(s, "root/d/part/yes"));
	assert_false(there(s, "root/d/part/other"));
	assert_false(there(s, "root/d/a.o"));
	assert_true(there(s, "root/d/a.c"));
}

/* The digest of all lines of a description. */
static void describe(const struct scratch *s, char out[DIGEST_LEN])
{
	own_fd int from = openat(s->dir, "src", O_PATH | O_CLOEXEC);
	own_strv struct strv lines = {0};
	own_str char *joined = NULL;

	assert_int_equal(graft_describe(&as_it_is, from, "src", &lines, &e), 0);
	assert_int_equal(lines.n, 1);
	joined = strv_join(&lines, "\n");
	digest_of(joined, strlen(joined), out);
}

static void a_description_changes_with_the_copied_files(void **state)
{
	const struct timespec past[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	const struct scratch *s = *state;
	char first[DIGEST_LEN], then[DIGEST_LEN];

	dir(s, "src");
	file(s, "src/f", "one");
	describe(s, first);
	utimensat(s->dir, "src/f", past, 0);
	describe(s, then);
	assert_string_equal(first, then);
	file(s, "src/f", "two");
	describe(s, then);
	assert_string_not_equal(first, then);
	file(s, "src/f", "one");
	assert_int_equal(fchmodat(s->dir, "src/f", 0600, 0), 0);
	describe(s, then);
	assert_string_not_equal(first, then);
	assert_int_equal(fchmodat(s->dir, "src/f", 0640, 0), 0);
	assert_int_equal(renameat(s->dir, "src/f", s->dir, "src/g"), 0);
	describe(s, then);
	assert_string_not_equal(first, then);
}

static void find(const struct scratch *s, const char *source, const char *result)
{
	const struct sources from = {.root = s->dir, .confined = true, .what = "ctx"};
	own_strv struct strv paths = {0};
	own_str char *got = NULL;

	if (sources_find(&from, source, &paths, &e) < 0)
		fail_msg("%s: %s", source, e.msg);
	got = strv_join(&paths, " ");
	assert_string_equal(got, result);
}

static void not_found(const struct scratch *s, const char *source, const char *sentence)
{
	const struct sources from = {.root = s->dir, .confined = true, .what = "ctx"};
	own_strv struct strv paths = {0};

	assert_refused(sources_find(&from, source, &paths, &e), &e, sentence);
}

static void sources_are_paths_and_patterns(void **state)
{
	const struct scratch *s = *state;

	dir(s, "d");
	file(s, "d/.env", "");
	file(s, "d/a.txt", "");
	file(s, "b*", "");
	scratch_link(s, "/etc", "abs");
	scratch_link(s, "..", "up");
	find(s, "/d/*", "d/.env d/a.txt");
	find(s, "/*/a.txt", "d/a.txt");
	find(s, "/d/?.tx[t]", "d/a.txt");
	find(s, "/b\\*", "b*");
	find(s, "/", ".");
	find(s, "/nosuch*", "");
	not_found(s, "/nosuch", "nosuch: no such file in ctx");
	not_found(s, "/abs/passwd", "abs/passwd: leads out of ctx");
	not_found(s, "/up/x", "up/x: leads out of ctx");
	not_found(s, "/[a", "/[a: not a pattern");
}

/* POSIX.1 (pax), "ustar Interchange Format"; RFC 1952 for gzip's first bytes. */
static void an_archive_is_recognised_by_its_first_bytes(void **state)
{
	const struct scratch *s = *state;
	unsigned char block[512] = "name";
	own_fd int fd = openat(s->dir, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += block[i];
	snprintf((char *)block + 148, 8, "%06o", sum);
	assert_int_equal(pwrite(fd, block, sizeof(block), 0), sizeof(block));
	assert_true(tarlike(fd));
	block[0] ^= 1;
	assert_int_equal(pwrite(fd, block, sizeof(block), 0), sizeof(block));
	assert_false(tarlike(fd));
	assert_int_equal(pwrite(fd, "\x1f\x8b", 2, 0), 2);
	assert_true(tarlike(fd));
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_false(tarlike(fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_file_goes_into_a_directory_or_gets_its_name),
		unit_test_scratch(the_content_of_a_directory_is_merged),
		unit_test_scratch(links_are_followed_to_the_destination_but_not_out_of_the_tree),
		unit_test_scratch(owners_and_modes_are_set),
		unit_test_scratch(excluded_files_are_not_copied),
		unit_test_scratch(a_description_changes_with_the_copied_files),
		unit_test_scratch(sources_are_paths_and_patterns),
		unit_test_scratch(an_archive_is_recognised_by_its_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
