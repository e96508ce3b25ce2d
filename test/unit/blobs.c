#include "unit.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/own.h"
#include "image/blobs.h"

static struct err e;

static const struct descriptor blob = {
	.digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	.size = 5,
};
static const char path[] = "blobs/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static struct store fake_store(const struct scratch *s)
{
	return (struct store){.root = s->dir, .run = -1};
}

/* Like another process: with another open file and another lock. */
static int claim(const struct store *s, int *fd)
{
	*fd = blob_open(s, &blob, &e);
	assert_true(*fd >= 0);
	return blob_claim(*fd, &blob, &e);
}

static void fill(int fd)
{
	assert_int_equal(write(fd, "whole", 5), 5);
	assert_int_equal(blob_finish(fd, &blob, &e), 0);
}

static void a_blob_is_filled_once_and_then_shared(void **state)
{
	struct store s = fake_store(*state);
	own_fd int first = -1, second = -1, third = -1;

	assert_int_equal(claim(&s, &first), 0);
	fill(first);
	assert_int_equal(claim(&s, &second), 1);
	assert_int_equal(claim(&s, &third), 1);
}

static void a_process_that_waits_for_a_blob_finds_it_complete(void **state)
{
	struct store s = fake_store(*state);
	int status, go[2];
	own_fd int fd = -1;
	char byte;
	pid_t child;

	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0) {
		claim(&s, &fd);
		if (write(go[1], "", 1) != 1)
			_exit(1);
		usleep(50000);
		fill(fd);
		_exit(0);
	}
	assert_int_equal(read(go[0], &byte, 1), 1);
	assert_int_equal(claim(&s, &fd), 1);
	waitpid(child, &status, 0);
	close(go[0]);
	close(go[1]);
}

/* Otherwise two processes that each hold a blob could deadlock. */
static void readers_of_a_blob_delay_no_writer(void **state)
{
	struct store s = fake_store(*state);
	own_fd int fd = blob_open(&s, &blob, &e);
	int status;
	pid_t child;

	assert_int_equal(flock(fd, LOCK_SH), 0);
	child = fork();
	if (child == 0) {
		own_fd int mine = -1;

		alarm(10);
		_exit(claim(&s, &mine) == 1 ? 0 : 1);
	}
	usleep(50000);
	fill(fd);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

static void a_blob_of_a_killed_process_is_resumed(void **state)
{
	struct store s = fake_store(*state);
	own_fd int fd = -1;
	struct stat st;
	int status;
	pid_t child = fork();

	if (child == 0) {
		claim(&s, &fd);
		if (write(fd, "wh", 2) == 2)
			raise(SIGKILL);
		_exit(1);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(claim(&s, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 2);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_blob_that_lost_bytes_is_fetched_again(void **state)
{
	struct store s = fake_store(*state);
	own_fd int first = -1, second = -1;

	claim(&s, &first);
	fill(first);
	assert_int_equal(ftruncate(first, 3), 0);
	own_close(&first);
	first = -1;
	assert_int_equal(claim(&s, &second), 0);
}

/* The digest of a manifest may be another image's, with a wrong size. */
static void a_blob_that_a_layer_has_too_is_not_written_to(void **state)
{
	struct store s = fake_store(*state);
	struct descriptor larger = blob;
	own_fd int first = -1, second = -1;
	struct stat st;

	claim(&s, &first);
	fill(first);
	assert_int_equal(linkat(s.root, path, s.root, "layer", 0), 0);
	shut_fd(&first);
	larger.size = 6;
	second = blob_open(&s, &larger, &e);
	assert_int_equal(blob_claim(second, &larger, &e), -1);
	assert_non_null(strstr(e.msg, "another size"));
	assert_int_equal(fstat(second, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0400);
	shut_fd(&second);
	assert_int_equal(claim(&s, &second), 1);
}

static void a_removed_blob_stays_complete_while_it_is_open(void **state)
{
	struct store s = fake_store(*state);
	own_fd int first = -1, second = -1, third = -1;

	claim(&s, &first);
	second = blob_open(&s, &blob, &e);
	fill(first);
	blob_remove(&s, &blob);
	assert_int_equal(blob_claim(second, &blob, &e), 1);
	assert_int_equal(claim(&s, &third), 0);
}

static void a_blob_in_use_is_not_removed_as_unused(void **state)
{
	struct store s = fake_store(*state);
	own_fd int fd = -1;

	claim(&s, &fd);
	blob_remove_unused(&s, &blob);
	assert_int_equal(faccessat(s.root, path, F_OK, 0), 0);
	own_close(&fd);
	fd = -1;
	blob_remove_unused(&s, &blob);
	assert_int_equal(faccessat(s.root, path, F_OK, 0), -1);
}

static void a_sweep_removes_old_unused_blobs(void **state)
{
	struct store s = fake_store(*state);
	struct timespec old[2] = {{.tv_sec = time(NULL) - 100}, {.tv_sec = time(NULL) - 100}};
	own_fd int fd = -1;

	claim(&s, &fd);
	fill(fd);
	assert_int_equal(futimens(fd, old), 0);
	assert_int_equal(blobs_sweep(&s, 50, &e), 0);
	assert_int_equal(faccessat(s.root, path, F_OK, 0), 0);
	close(take_fd(&fd));
	assert_int_equal(blobs_sweep(&s, 150, &e), 0);
	assert_int_equal(faccessat(s.root, path, F_OK, 0), 0);
	assert_int_equal(blobs_sweep(&s, 50, &e), 0);
	assert_int_equal(faccessat(s.root, path, F_OK, 0), -1);
}

static void a_sweep_without_blobs_succeeds(void **state)
{
	struct store s = fake_store(*state), none = STORE_NONE;

	assert_int_equal(blobs_sweep(&s, 0, &e), 0);
	assert_int_equal(blobs_sweep(&none, 0, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_blob_is_filled_once_and_then_shared),
		unit_test_scratch(a_process_that_waits_for_a_blob_finds_it_complete),
		unit_test_scratch(readers_of_a_blob_delay_no_writer),
		unit_test_scratch(a_blob_of_a_killed_process_is_resumed),
		unit_test_scratch(a_blob_that_lost_bytes_is_fetched_again),
		unit_test_scratch(a_blob_that_a_layer_has_too_is_not_written_to),
		unit_test_scratch(a_removed_blob_stays_complete_while_it_is_open),
		unit_test_scratch(a_blob_in_use_is_not_removed_as_unused),
		unit_test_scratch(a_sweep_removes_old_unused_blobs),
		unit_test_scratch(a_sweep_without_blobs_succeeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
