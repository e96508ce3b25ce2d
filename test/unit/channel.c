#include "unit.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include "run/channel.h"

static struct err e;
static struct message m;
static int ends[2];

static int open_channel(void **state)
{
	(void)state;
	return channel_open(ends, &e);
}

static int close_channel(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void messages_arrive_complete_and_in_order(void **state)
{
	(void)state;
	assert_int_equal(channel_send(ends[0], MESSAGE_MOUNT, "/etc/hosts", -1, &e), 0);
	assert_int_equal(channel_send(ends[0], MESSAGE_GRANTED, NULL, -1, &e), 0);
	assert_int_equal(channel_receive(ends[1], &m, &e), 1);
	assert_int_equal(m.kind, MESSAGE_MOUNT);
	assert_string_equal(m.text, "/etc/hosts");
	assert_int_equal(m.fd, -1);
	assert_int_equal(channel_receive(ends[1], &m, &e), 1);
	assert_int_equal(m.kind, MESSAGE_GRANTED);
}

static void a_descriptor_goes_along_and_is_closed_on_exec(void **state)
{
	struct stat a, b;

	(void)state;
	assert_int_equal(channel_send(ends[0], MESSAGE_MOUNT, NULL, 0, &e), 0);
	assert_int_equal(channel_receive(ends[1], &m, &e), 1);
	assert_true(m.fd > 2);
	assert_true(fcntl(m.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fstat(0, &a) == 0 && fstat(m.fd, &b) == 0 && a.st_ino == b.st_ino);
	close(m.fd);
	assert_true(fcntl(ends[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(ends[1], F_GETFD) & FD_CLOEXEC);
}

static void a_failure_comes_with_its_status(void **state)
{
	struct err why = {.sys = 2, .status = 127, .msg = "nosuch: not found in the container"};

	(void)state;
	channel_send_failure(ends[1], &why);
	assert_int_equal(channel_receive(ends[0], &m, &e), 1);
	assert_int_equal(m.kind, MESSAGE_FAILED);
	assert_int_equal(m.err.status, 127);
	assert_int_equal(m.err.sys, 2);
	assert_string_equal(m.err.msg, why.msg);
}

static void the_end_of_the_channel_comes_after_the_last_message(void **state)
{
	(void)state;
	assert_int_equal(channel_send(ends[0], MESSAGE_READY, NULL, -1, &e), 0);
	close(ends[0]);
	assert_int_equal(channel_receive(ends[1], &m, &e), 1);
	assert_int_equal(m.kind, MESSAGE_READY);
	assert_int_equal(channel_receive(ends[1], &m, &e), 0);
	ends[0] = dup(ends[1]);
}

static void sending_to_a_closed_end_is_an_error_without_sigpipe(void **state)
{
	(void)state;
	close(ends[0]);
	assert_int_equal(channel_send(ends[1], MESSAGE_READY, NULL, -1, &e), -1);
	channel_send_failure(ends[1], &e);
	ends[0] = dup(ends[1]);
}

static void messages_are_read_until_the_first_process_is_ready_or_gone(void **state)
{
	struct err why = {.sys = 2, .status = 126, .msg = "x: cannot be executed"};
	int terminal = -1;

	(void)state;
	assert_int_equal(channel_send(ends[1], MESSAGE_TERMINAL, NULL, 0, &e), 0);
	assert_int_equal(channel_send(ends[1], MESSAGE_READY, NULL, -1, &e), 0);
	assert_int_equal(channel_hear(ends[0], &terminal, &e), 1);
	assert_true(terminal > 2);
	close(terminal);
	channel_send_failure(ends[1], &why);
	assert_int_equal(channel_hear(ends[0], &terminal, &e), -1);
	assert_string_equal(e.msg, why.msg);
	assert_int_equal(e.status, 126);
	shutdown(ends[1], SHUT_RDWR);
	assert_int_equal(channel_hear(ends[0], &terminal, &e), 0);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	static char path[CHANNEL_TEXT + 1];

	(void)state;
	memset(path, 'a', CHANNEL_TEXT);
	assert_int_equal(channel_send(ends[0], MESSAGE_MOUNT, path, -1, &e), -1);
	assert_non_null(strstr(e.msg, "path too long"));
	path[CHANNEL_TEXT - 1] = '\0';
	assert_int_equal(channel_send(ends[0], MESSAGE_MOUNT, path, -1, &e), 0);
	assert_int_equal(channel_receive(ends[1], &m, &e), 1);
	assert_int_equal(strlen(m.text), CHANNEL_TEXT - 1);
}

#define test(f) cmocka_unit_test_setup_teardown(f, open_channel, close_channel)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(messages_arrive_complete_and_in_order),
		test(a_descriptor_goes_along_and_is_closed_on_exec),
		test(a_failure_comes_with_its_status),
		test(the_end_of_the_channel_comes_after_the_last_message),
		test(sending_to_a_closed_end_is_an_error_without_sigpipe),
		test(messages_are_read_until_the_first_process_is_ready_or_gone),
		test(a_path_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
