#include "unit.h"

#include <sys/stat.h>

#include "log/relay.h"
#include "log/streams.h"

static struct err e;

static bool is_null(int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat("/dev/null", &b) == 0 && a.st_rdev == b.st_rdev &&
		S_ISCHR(a.st_mode);
}

static void pipes_are_owned_by_the_user_who_opens_them_again(void **state)
{
	struct streams st;
	struct stat stat;

	(void)state;
	assert_int_equal(streams_open(&st, STREAMS_PIPES, true, 4711, &e), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fstat(st.theirs[i], &stat), 0);
		assert_true(S_ISFIFO(stat.st_mode));
		assert_int_equal(stat.st_uid, 4711);
		assert_true(fcntl(st.theirs[i], F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(st.ours[i], F_GETFD) & FD_CLOEXEC);
	}
	assert_int_equal(write(st.ours[0], "x", 1), 1);
	assert_int_equal(read(st.theirs[0], &(char){0}, 1), 1);
	assert_int_equal(write(st.theirs[1], "x", 1), 1);
	assert_int_equal(read(st.ours[1], &(char){0}, 1), 1);
	streams_close(&st);
	assert_int_equal(st.ours[0], -1);
	assert_int_equal(st.theirs[2], -1);
}

static void without_input_stdin_is_null(void **state)
{
	struct streams st;

	(void)state;
	assert_int_equal(streams_open(&st, STREAMS_PIPES, false, 0, &e), 0);
	assert_true(is_null(st.theirs[0]));
	assert_int_equal(st.ours[0], -1);
	assert_false(is_null(st.theirs[1]));
	streams_close(&st);
}

static void detached_streams_are_null_and_terminal_streams_are_unset(void **state)
{
	struct streams st;

	(void)state;
	assert_int_equal(streams_open(&st, STREAMS_NONE, true, 0, &e), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(is_null(st.theirs[i]));
		assert_int_equal(st.ours[i], -1);
	}
	streams_close(&st);
	assert_int_equal(streams_open(&st, STREAMS_TERMINAL, true, 0, &e), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(st.theirs[i], -1);
	streams_close(&st);
	streams_close(&st);
}

static void detached_output_is_read(void **state)
{
	struct streams st;
	struct relay *relay = relay_new(&e);
	char big[200000];

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(streams_open(&st, STREAMS_PIPES, true, 0, &e), 0);
	assert_int_equal(streams_relay(&st, relay, false, NULL, &e), 0);
	fcntl(st.theirs[1], F_SETFL, O_NONBLOCK);
	for (size_t done = 0; done < sizeof(big);) {
		ssize_t n = write(st.theirs[1], big + done, sizeof(big) - done);

		assert_int_equal(relay_turn(relay, &e), 0);
		done += n > 0 ? (size_t)n : 0;
	}
	streams_close_theirs(&st);
	assert_int_equal(relay_finish(relay, -1, &e), 0);
	assert_int_equal(st.ours[1], -1);
	assert_int_equal(st.ours[2], -1);
	relay_free(relay);
	streams_close(&st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipes_are_owned_by_the_user_who_opens_them_again),
		cmocka_unit_test(without_input_stdin_is_null),
		cmocka_unit_test(detached_streams_are_null_and_terminal_streams_are_unset),
		cmocka_unit_test(detached_output_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
