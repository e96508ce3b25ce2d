#include "private_store.h"

#include <errno.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/own.h"
#include "kernel/subvol.h"
#include "kernel/subvolsize.h"

static struct err e;

static int root_of(void **state)
{
	return ((struct home *)*state)->s.root;
}

static int subvolume_with_a_file(int root)
{
	assert_int_equal(subvol_create(root, "of", &e), 0);
	assert_int_equal(file_write(root, "of/file", 0600, "x", 1, &e), 0);
	return openat(root, "of", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void a_snapshot_in_two_halves_is_there_at_its_end(void **state)
{
	int root = root_of(state);
	own_fd int of = subvolume_with_a_file(root);

	assert_int_equal(subvol_snapshot_begin(of, root, "copy"), 0);
	assert_int_equal(subvol_snapshot_end("copy", &e), 0);
	assert_int_equal(faccessat(root, "copy/file", F_OK, 0), 0);
	assert_int_equal(file_write(root, "copy/file", 0600, "y", 1, &e), 0);
	assert_int_equal(subvol_erase(root, "copy", &e), 0);
	assert_int_equal(subvol_erase(root, "of", &e), 0);
}

static void a_snapshot_that_fails_says_why_at_its_end(void **state)
{
	int root = root_of(state);
	own_fd int of = subvolume_with_a_file(root);

	assert_int_equal(mkdirat(root, "copy", 0700), 0);
	for (int i = 0; i < 2; i++) { /* one failure is not that of the next */
		assert_int_equal(subvol_snapshot_begin(of, root, "copy"), 0);
		assert_refused(subvol_snapshot_end("copy", &e), &e,
			       "snapshot to copy: File exists");
		assert_int_equal(e.sys, EEXIST);
	}
	assert_int_equal(subvol_snapshot_begin(of, root, "other"), 0);
	assert_int_equal(subvol_snapshot_end("other", &e), 0);
	assert_int_equal(subvol_erase(root, "other", &e), 0);
	assert_int_equal(subvol_erase(root, "of", &e), 0);
}

static void the_size_of_a_subvolume_is_that_of_its_regular_files(void **state)
{
	int root = root_of(state);
	own_fd int of = subvolume_with_a_file(root), open_file = -1;
	uint64_t bytes;

	assert_int_equal(mkdirat(of, "dir", 0700), 0);
	assert_int_equal(symlinkat("somewhere", of, "dir/link"), 0);
	assert_int_equal(linkat(of, "file", of, "dir/same", 0), 0);
	assert_int_equal(file_write(of, "sparse", 0600, "", 0, &e), 0);
	assert_int_equal(mknodat(of, "fifo", S_IFIFO | 0600, 0), 0);
	open_file = openat(of, "sparse", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(open_file, 1000000), 0);
	assert_int_equal(file_write(of, "deleted", 0600, "12345", 5, &e), 0);
	assert_int_equal(unlinkat(of, "deleted", 0), 0);
	for (int i = 0; i < 3000; i++) { /* more than one search returns */
		own_str char *name = str_fmt("dir/%d", i);

		assert_int_equal(file_write(of, name, 0600, "ten bytes.", 10, &e), 0);
	}
	assert_int_equal(subvolsize(of, &bytes, &e), 0);
	assert_int_equal(bytes, 1 + 1000000 + 3000 * 10);
	assert_int_equal(subvol_erase(root, "of", &e), 0);
}

/* A caller that waits for any of its children does not get the process that makes the snapshot. */
static void the_child_of_a_snapshot_is_seen_by_no_other_wait(void **state)
{
	int root = root_of(state);
	own_fd int of = subvolume_with_a_file(root);

	assert_int_equal(subvol_snapshot_begin(of, root, "copy"), 0);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(subvol_snapshot_end("copy", &e), 0);
	assert_int_equal(subvol_erase(root, "copy", &e), 0);
	assert_int_equal(subvol_erase(root, "of", &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_store(a_snapshot_in_two_halves_is_there_at_its_end),
		unit_test_store(a_snapshot_that_fails_says_why_at_its_end),
		unit_test_store(the_size_of_a_subvolume_is_that_of_its_regular_files),
		unit_test_store(the_child_of_a_snapshot_is_seen_by_no_other_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
