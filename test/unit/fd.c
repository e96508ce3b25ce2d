#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"

static struct err e;

static int count_open(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static bool is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

/* Errors of writing name the whole path: a user has not chosen "config". */
static const char *not_written(const struct scratch *s, const char *name, int reason)
{
	static char said[400];

	snprintf(said, sizeof(said), "write %s/%s: %s", s->path, name, strerror(reason));
	return said;
}

static void a_file_is_read_back_as_it_was_written(void **state)
{
	struct scratch *s = *state;
	own_buf struct buf b = {0};

	assert_int_equal(file_write(s->dir, "f", 0600, "a\0b", 3, &e), 0);
	assert_int_equal(file_read(s->dir, "f", 100, &b, &e), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
}

static void an_empty_file_gives_an_empty_string(void **state)
{
	struct scratch *s = *state;
	own_buf struct buf b = {0};

	file_write(s->dir, "f", 0600, "", 0, &e);
	assert_int_equal(file_read(s->dir, "f", 0, &b, &e), 0);
	assert_string_equal(b.data, "");
}

static void a_file_that_is_larger_than_expected_is_refused(void **state)
{
	struct scratch *s = *state;
	own_buf struct buf b = {0};

	file_write(s->dir, "f", 0600, "12345", 5, &e);
	assert_int_equal(file_read(s->dir, "f", 5, &b, &e), 0);
	buf_free(&b);
	assert_refused(file_read(s->dir, "f", 4, &b, &e), &e, "f: File too large");
	assert_int_equal(e.sys, EFBIG);
}

static void an_endless_file_is_refused(void **state)
{
	struct scratch *s = *state;
	own_fd int fd = openat(s->dir, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	own_buf struct buf b = {0};

	assert_int_equal(ftruncate(fd, 1LL << 40), 0);
	assert_refused(file_read(s->dir, "f", 4096, &b, &e), &e, "f: File too large");
	assert_true(b.len <= 4096);
}

static void files_that_are_not_regular_are_refused_without_waiting(void **state)
{
	struct scratch *s = *state;
	own_buf struct buf b = {0};

	mkfifoat(s->dir, "fifo", 0600);
	mkdirat(s->dir, "dir", 0700);
	alarm(10);
	assert_refused(file_read(s->dir, "fifo", 9, &b, &e), &e, "fifo: not a regular file");
	assert_refused(file_read(s->dir, "dir", 9, &b, &e), &e, "dir: not a regular file");
	assert_refused(file_write(s->dir, "fifo", 0600, "x", 1, &e), &e,
		       not_written(s, "fifo", ENXIO));
	alarm(0);
}

static void a_missing_file_is_enoent(void **state)
{
	struct scratch *s = *state;
	own_buf struct buf b = {0};

	assert_refused(file_read(s->dir, "f", 9, &b, &e), &e, "f: No such file or directory");
	assert_int_equal(e.sys, ENOENT);
}

static void writing_in_place_keeps_the_inode_and_follows_no_link(void **state)
{
	struct scratch *s = *state;
	struct stat before, after;

	file_write(s->dir, "f", 0600, "longer", 6, &e);
	fstatat(s->dir, "f", &before, 0);
	assert_int_equal(file_write(s->dir, "f", 0600, "new", 3, &e), 0);
	fstatat(s->dir, "f", &after, 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(after.st_size, 3);
	scratch_link(s, "f", "link");
	assert_refused(file_write(s->dir, "link", 0600, "x", 1, &e), &e,
		       not_written(s, "link", ELOOP));
}

static void replacing_a_file_leaves_old_readers_the_old_one(void **state)
{
	struct scratch *s = *state;
	own_fd int old = -1;
	char text[8] = "";

	file_write(s->dir, "f", 0600, "old", 3, &e);
	old = openat(s->dir, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_replace(s->dir, "f", 0640, "new", 3, &e), 0);
	assert_int_equal(read(old, text, sizeof(text)), 3);
	assert_string_equal(text, "old");
	assert_int_equal(unlinkat(s->dir, "f", 0), 0);
	assert_int_equal(rmdir(s->path), 0); /* it was empty */
	mkdir(s->path, 0700);
}

static void a_replacement_that_fails_leaves_nothing_behind(void **state)
{
	struct scratch *s = *state;

	mkdirat(s->dir, "f", 0700);
	assert_refused(file_replace(s->dir, "f", 0600, "x", 1, &e), &e,
		       not_written(s, "f", EISDIR));
	assert_int_equal(e.sys, EISDIR);
	assert_int_equal(unlinkat(s->dir, "f", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(s->path), 0);
	mkdir(s->path, 0700);
}

static void putting_a_value_never_makes_a_file(void **state)
{
	struct scratch *s = *state;
	own_buf struct buf b = {0};

	assert_refused(file_put(s->dir, "memory.max", "1", &e), &e,
		       "write 1 to memory.max: No such file or directory");
	file_write(s->dir, "memory.max", 0600, "", 0, &e);
	assert_int_equal(file_put(s->dir, "memory.max", "42", &e), 0);
	file_read(s->dir, "memory.max", 9, &b, &e);
	assert_string_equal(b.data, "42");
}

static void a_message_carries_descriptors_that_do_not_outlive_exec(void **state)
{
	own_fd int in = -1, out = -1;
	int pair[2], fds[FD_PASS];
	char text[8] = "";

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	out = pair[0], in = pair[1];
	assert_int_equal(fd_send(out, "hi", 2, (int[]){0, 1}, 2), 0);
	assert_int_equal(fd_send(out, "bye", 3, NULL, 0), 0);
	assert_int_equal(fd_recv(in, text, sizeof(text), fds), 2);
	assert_true(fds[0] >= 0 && fds[1] >= 0);
	assert_true(is_cloexec(fds[0]) && is_cloexec(fds[1]));
	for (int i = 2; i < FD_PASS; i++)
		assert_int_equal(fds[i], -1);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(fd_recv(in, text, sizeof(text), fds), 3);
	assert_int_equal(fds[0], -1);
	close(take_fd(&out));
	assert_int_equal(fd_recv(in, text, sizeof(text), fds), 0);
}

static void unexpected_descriptors_are_closed(void **state)
{
	own_fd int in = -1, out = -1;
	int pair[2], before;
	char text[8];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	out = pair[0], in = pair[1];
	before = count_open();
	fd_send(out, "hi", 2, (int[]){0}, 1);
	assert_int_equal(fd_recv(in, text, sizeof(text), NULL), 2);
	assert_int_equal(count_open(), before);
}

static void sending_to_a_closed_socket_is_an_error_without_sigpipe(void **state)
{
	own_fd int out = -1;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	out = pair[0];
	close(pair[1]);
	assert_int_equal(fd_send(out, "hi", 2, NULL, 0), -1);
	assert_int_equal(errno, EPIPE);
}

static void all_bytes_are_written_to_a_slow_reader(void **state)
{
	static char sent[300000];
	own_fd int in = -1, out = -1;
	size_t got = 0;
	char chunk[4096];
	int pair[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	in = pair[0], out = pair[1];
	if (fork() == 0)
		_exit(fd_write_all(out, sent, sizeof(sent)) < 0);
	close(take_fd(&out));
	while ((n = read(in, chunk, sizeof(chunk))) > 0)
		got += (size_t)n;
	assert_int_equal(got, sizeof(sent));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_file_is_read_back_as_it_was_written),
		unit_test_scratch(an_empty_file_gives_an_empty_string),
		unit_test_scratch(a_file_that_is_larger_than_expected_is_refused),
		unit_test_scratch(an_endless_file_is_refused),
		unit_test_scratch(files_that_are_not_regular_are_refused_without_waiting),
		unit_test_scratch(a_missing_file_is_enoent),
		unit_test_scratch(writing_in_place_keeps_the_inode_and_follows_no_link),
		unit_test_scratch(replacing_a_file_leaves_old_readers_the_old_one),
		unit_test_scratch(a_replacement_that_fails_leaves_nothing_behind),
		unit_test_scratch(putting_a_value_never_makes_a_file),
		cmocka_unit_test(a_message_carries_descriptors_that_do_not_outlive_exec),
		cmocka_unit_test(unexpected_descriptors_are_closed),
		cmocka_unit_test(sending_to_a_closed_socket_is_an_error_without_sigpipe),
		cmocka_unit_test(all_bytes_are_written_to_a_slow_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
