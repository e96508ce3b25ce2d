#include "net/portctl.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/own.h"
#include "unit.h"

static struct err e;
static const struct rules_port port = {.host_port = 8080, .to_port = 80};

/* In a child: answers n requests and exits with the number of ports that it holds. */
static pid_t supervise(int control, int requests)
{
	struct pollfd p = {.fd = control, .events = POLLIN};
	struct ports held = {0};
	pid_t pid = fork();

	if (pid)
		return pid;
	while (requests-- && poll(&p, 1, 5000) == 1)
		portctl_answer(control, &held);
	_exit((int)held.n);
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void a_supervisor_holds_and_releases_a_port(void **state)
{
	const struct scratch *s = *state;
	const struct store store = {.run = s->dir, .root = -1};
	own_fd int control = -1, sock = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	assert_int_equal(mkdirat(s->dir, "ps_1", 0700), 0);
	control = portctl_open(openat(s->dir, "ps_1", O_PATH | O_DIRECTORY), &e);
	assert_true(control >= 0);
	pid = supervise(control, 1);
	assert_int_equal(portctl_hold(&store, "ps_1", &port, sock, &e), 0);
	assert_int_equal(status_of(pid), 1);
	pid = supervise(control, 2);
	assert_int_equal(portctl_hold(&store, "ps_1", &port, sock, &e), 0);
	assert_int_equal(portctl_drop(&store, "ps_1", &port, &e), 0);
	assert_int_equal(status_of(pid), 0);
}

static void a_dead_or_missing_supervisor_is_reported(void **state)
{
	const struct scratch *s = *state;
	const struct store store = {.run = s->dir, .root = -1};
	own_fd int dir = -1;
	int control;

	assert_int_equal(mkdirat(s->dir, "ps_1", 0700), 0);
	dir = openat(s->dir, "ps_1", O_PATH | O_DIRECTORY);
	assert_refused(portctl_drop(&store, "ps_1", &port, &e), &e,
		       "ps_1: its supervisor: No such file or directory");
	control = portctl_open(dir, &e);
	assert_true(control >= 0);
	close(control);
	assert_refused(portctl_drop(&store, "ps_1", &port, &e), &e,
		       "ps_1: its supervisor: Connection refused");
}

static void invalid_requests_are_harmless(void **state)
{
	const struct scratch *s = *state;
	struct ports held = {0};
	int ends[2];

	(void)s;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(send(ends[0], "x", 1, 0), 1);
	assert_int_equal(send(ends[0], &port, sizeof(port), 0), sizeof(port));
	portctl_answer(ends[1], &held);
	assert_int_equal(held.n, 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_supervisor_holds_and_releases_a_port),
		unit_test_scratch(a_dead_or_missing_supervisor_is_reported),
		unit_test_scratch(invalid_requests_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
