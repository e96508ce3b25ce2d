#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

#include "base/own.h"
#include "base/str.h"
#include "log/relay.h"

enum { PATIENCE = 20000 }; /* ms; anything slower is a hang */
#define MIB ((uint64_t)1 << 20)

static struct err e;

/* The record of a channel's callbacks. */
struct note {
	int ends, broken;
	int close_end, close_broken; /* descriptors that the callbacks close; -1: none */
	struct buf seen;             /* bytes that the tap got */
};

static void drop(int *fd)
{
	if (*fd >= 0)
		close(take_fd(fd));
}

static void on_end(void *arg)
{
	struct note *n = arg;

	n->ends++;
	drop(&n->close_end);
}

static void on_broken(void *arg)
{
	struct note *n = arg;

	n->broken++;
	drop(&n->close_broken);
}

static void on_tap(void *arg, const char *data, size_t n)
{
	struct note *note = arg;

	buf_add(&note->seen, data, n);
}

static struct note nothing(void)
{
	return (struct note){.close_end = -1, .close_broken = -1};
}

static struct relay_channel channel(const char *name, int from, int to, struct note *n)
{
	return (struct relay_channel){.name = name,
				      .from = from,
				      .to = to,
				      .at_end = on_end,
				      .at_broken = on_broken,
				      .arg = n,
				      .tap_arg = n};
}

static void add(struct relay *r, const char *name, int from, int to, struct note *n)
{
	struct relay_channel c = channel(name, from, to, n);

	assert_int_equal(relay_add(r, &c, &e), 0);
}

static void add_tapped(struct relay *r, const char *name, int from, int to, struct note *n)
{
	struct relay_channel c = channel(name, from, to, n);

	c.tap = on_tap;
	assert_int_equal(relay_add(r, &c, &e), 0);
}

static struct relay *fresh(void)
{
	struct relay *r = relay_new(&e);

	assert_non_null(r);
	return r;
}

static void make_pipe(int p[2])
{
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
}

static bool wakes(const struct relay *r, int ms)
{
	struct pollfd p = {.fd = relay_fd(r), .events = POLLIN};

	return poll(&p, 1, ms) > 0;
}

static void turn(struct relay *r)
{
	assert_true(wakes(r, PATIENCE));
	assert_int_equal(relay_turn(r, &e), 0);
}

/* Turns the relay until it is idle; after that nothing may wake it. */
static void settle(struct relay *r)
{
	int turns = 0;

	while (wakes(r, 50)) { /* the kernel delivers a terminal's bytes with a delay */
		assert_int_equal(relay_turn(r, &e), 0);
		assert_true(++turns < 100);
	}
}

static void has(int fd, const char *want)
{
	char got[256] = "";
	size_t n = 0, len = strlen(want);

	assert_true(len < sizeof(got));
	while (n < len) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t more;

		assert_int_equal(poll(&p, 1, PATIENCE), 1);
		more = read(fd, got + n, len - n);
		assert_true(more > 0);
		n += (size_t)more;
	}
	assert_string_equal(got, want);
}

static void put(int fd, const char *s)
{
	assert_int_equal(write(fd, s, strlen(s)), (int)strlen(s));
}

static bool at_eof(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&p, 1, PATIENCE) == 1 && read(fd, &c, 1) == 0;
}

/* A stream with a known byte at each position. Threads write, echo and check it in pieces of any
 * size. */
static char byte_at(uint64_t at)
{
	return (char)((at * 0x9e3779b97f4a7c15) >> 56);
}

struct actor {
	pthread_t thread;
	int from, to; /* to: closed at the end; -1: compare with the known stream */
	uint64_t n;   /* bytes */
	unsigned int seed;
	bool exact;
};

static size_t piece(struct actor *a)
{
	return 1 + (size_t)rand_r(&a->seed) % (rand_r(&a->seed) % 4 ? 65536 : 300);
}

static void *act(void *arg)
{
	struct actor *a = arg;
	char *b = mem_alloc(65536);
	uint64_t at = 0;
	size_t want;
	ssize_t n = 0, w;

	a->exact = true;
	for (;; at += (uint64_t)n) {
		want = piece(a);
		if (a->from < 0) {
			n = (ssize_t)(want < a->n - at ? want : a->n - at);
			for (ssize_t i = 0; i < n; i++)
				b[i] = byte_at(at + (uint64_t)i);
		} else {
			n = read(a->from, b, want);
		}
		if (n <= 0)
			break;
		for (ssize_t i = 0; a->to < 0 && i < n; i++)
			a->exact = a->exact && b[i] == byte_at(at + (uint64_t)i);
		for (ssize_t done = 0; a->to >= 0 && done < n; done += w)
			if ((w = write(a->to, b + done, (size_t)(n - done))) < 0)
				goto out;
	}
out:
	a->exact = a->exact && n == 0 && at == a->n;
	drop(&a->from);
	drop(&a->to);
	free(b);
	return NULL;
}

static void begin(struct actor *a, int from, int to, uint64_t n)
{
	static unsigned int seed = 1;

	*a = (struct actor){.from = from, .to = to, .n = n, .seed = seed};
	seed++;
	assert_int_equal(pthread_create(&a->thread, NULL, act, a), 0);
}

static bool was_exact(struct actor *a)
{
	pthread_join(a->thread, NULL);
	return a->exact;
}

/* A relay between the given stdin and stdout (its own side and the far side) and an echoing
 * container. */
static void echo(const int in[2], const int out[2], uint64_t n)
{
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	struct actor writer, container, reader;
	int down[2], up[2];

	make_pipe(down);
	make_pipe(up);
	a.close_end = a.close_broken = down[1];
	add(r, "stdin", in[0], down[1], &a);
	add(r, "stdout", up[0], out[1], &b);
	begin(&writer, -1, in[1], n);
	begin(&container, down[0], up[1], n);
	begin(&reader, out[0], -1, n);
	while (!a.ends || !b.ends)
		turn(r);
	close(out[1]);
	assert_true(was_exact(&writer));
	assert_true(was_exact(&container));
	assert_true(was_exact(&reader));
	assert_int_equal(a.broken + b.broken, 0);
	assert_false(wakes(r, 0));
	relay_free(r);
	close(in[0]);
	close(up[0]);
}

static void bytes_are_unchanged_in_both_directions_at_once(void **state)
{
	int in[2], out[2];

	(void)state;
	make_pipe(in);
	make_pipe(out);
	echo(in, out, 200 * MIB + 12345);
}

static void sockets_carry_bytes_unchanged(void **state)
{
	int in[2], out[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), 0);
	echo(in, out, 20 * MIB + 1);
}

/* out_a is not read for a while. */
static void stall(const int out_a[2])
{
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	int in_a[2], in_b[2], out_b[2];
	struct actor stuck, writer, reader, late;

	make_pipe(in_a);
	make_pipe(in_b);
	make_pipe(out_b);
	add(r, "stdout", in_a[0], out_a[1], &a);
	add(r, "stderr", in_b[0], out_b[1], &b);
	begin(&stuck, -1, in_a[1], MIB);
	begin(&writer, -1, in_b[1], 5 * MIB);
	begin(&reader, out_b[0], -1, 5 * MIB);
	while (!b.ends)
		turn(r);
	close(out_b[1]);
	assert_true(was_exact(&writer));
	assert_true(was_exact(&reader));
	assert_int_equal(a.ends, 0);
	settle(r); /* without busy waiting */

	begin(&late, out_a[0], -1, MIB);
	while (!a.ends)
		turn(r);
	close(out_a[1]);
	assert_true(was_exact(&stuck));
	assert_true(was_exact(&late));
	relay_free(r);
	close(in_a[0]);
	close(in_b[0]);
}

static void a_stalled_reader_blocks_no_other_channel(void **state)
{
	int out[2];

	(void)state;
	make_pipe(out);
	stall(out);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), 0);
	stall(out);
}

/* As another user, who cannot reopen the pipe, so writes may block. */
static void pipes_that_cannot_be_reopened_work(void **state)
{
	int in[2], out[2], slow[2], status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	make_pipe(in);
	make_pipe(out);
	make_pipe(slow);
	pid = fork();
	if (pid == 0) {
		if (setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		echo(in, out, 4 * MIB + 1);
		stall(slow);
		_exit(0);
	}
	for (int i = 0; i < 2; i++)
		close(in[i]), close(out[i]), close(slow[i]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void the_end_of_stdin_is_passed_on_and_output_goes_on(void **state)
{
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	int in[2], down[2], up[2], out[2];

	(void)state;
	make_pipe(in);
	make_pipe(down);
	make_pipe(up);
	make_pipe(out);
	a.close_end = down[1];
	add(r, "stdin", in[0], down[1], &a);
	add(r, "stdout", up[0], out[1], &b);
	put(in[1], "the last");
	close(in[1]);
	settle(r);
	assert_int_equal(a.ends, 1);
	has(down[0], "the last");
	assert_true(at_eof(down[0]));

	put(up[1], "an answer");
	settle(r);
	has(out[0], "an answer");
	assert_int_equal(b.ends, 0);
	relay_free(r);
	close(in[0]), close(down[0]), close(up[0]), close(up[1]), close(out[0]), close(out[1]);
}

static void a_container_that_closes_its_stdin_ends_only_the_reading(void **state)
{
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	int in[2], down[2], up[2], out[2];

	(void)state;
	make_pipe(in);
	make_pipe(down);
	make_pipe(up);
	make_pipe(out);
	a.close_broken = down[1];
	add(r, "stdin", in[0], down[1], &a);
	add(r, "stdout", up[0], out[1], &b);
	settle(r);
	close(down[0]);
	settle(r); /* noticed without input */
	assert_int_equal(a.broken, 1);
	assert_int_equal(a.ends, 0);

	put(in[1], "for somebody else");
	put(up[1], "an answer");
	settle(r);
	has(in[0], "for somebody else");
	has(out[0], "an answer");
	close(in[0]);
	assert_int_equal(write(in[1], "x", 1), -1); /* the relay has closed it */
	assert_int_equal(errno, EPIPE);
	relay_free(r);
	close(in[1]), close(up[0]), close(up[1]), close(out[0]), close(out[1]);
}

static void a_closed_reader_is_noticed_before_a_write(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	int up[2], out[2];

	(void)state;
	make_pipe(up);
	make_pipe(out);
	n.close_broken = up[0];
	add_tapped(r, "stdout", up[0], out[1], &n);
	settle(r);
	close(out[0]);
	settle(r);
	assert_int_equal(n.broken, 1);
	assert_int_equal(write(up[1], "x", 1), -1); /* and its writer gets an error */
	assert_int_equal(errno, EPIPE);
	relay_free(r);
	close(up[1]), close(out[1]);
}

/* The tap is called between reading and writing. */
static void close_reader(void *arg, const char *data, size_t n)
{
	(void)data, (void)n;
	drop(arg);
}

static void a_reader_that_closes_at_the_last_moment_is_no_failure(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	struct relay_channel c;
	int up[2], out[2];

	(void)state;
	make_pipe(up);
	make_pipe(out);
	c = channel("stdout", up[0], out[1], &n);
	c.tap = close_reader;
	c.tap_arg = &out[0];
	assert_int_equal(relay_add(r, &c, &e), 0);
	put(up[1], "too late");
	settle(r);
	assert_int_equal(n.broken, 1);
	relay_free(r);
	close(up[0]), close(up[1]), close(out[1]);
}

static void a_reader_that_closes_a_full_pipe_is_noticed(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	struct actor writer;
	int up[2], out[2];

	(void)state;
	make_pipe(up);
	make_pipe(out);
	n.close_broken = up[0];
	add(r, "stdout", up[0], out[1], &n);
	begin(&writer, -1, up[1], MIB);
	for (int full = 0; !full;) {
		struct pollfd p = {.fd = out[1], .events = POLLOUT};

		turn(r);
		full = poll(&p, 1, 0) == 0;
	}
	close(out[0]);
	while (!n.broken)
		turn(r);
	assert_false(was_exact(&writer));
	assert_false(wakes(r, 50));
	relay_free(r);
	close(out[1]);
}

static void the_tap_continues_after_the_reader_closed(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	struct relay_channel c;
	int up[2], out[2];

	(void)state;
	make_pipe(up);
	make_pipe(out);
	c = channel("stdout", up[0], out[1], &n);
	c.tap = on_tap;
	c.at_broken = NULL;
	assert_int_equal(relay_add(r, &c, &e), 0);
	close(out[0]);
	put(up[1], "one ");
	settle(r);
	put(up[1], "two");
	close(up[1]);
	settle(r);
	assert_string_equal(n.seen.data, "one two");
	assert_int_equal(n.ends, 1);
	relay_free(r);
	buf_free(&n.seen);
	close(up[0]), close(out[1]);
}

static void output_without_reader_and_tap_is_discarded(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	struct relay_channel c;
	struct actor writer;
	int up[2], out[2];

	(void)state;
	make_pipe(up);
	make_pipe(out);
	c = channel("stdout", up[0], out[1], &n);
	c.at_broken = NULL;
	assert_int_equal(relay_add(r, &c, &e), 0);
	close(out[0]);
	begin(&writer, -1, up[1], MIB);
	while (!n.ends)
		turn(r);
	assert_true(was_exact(&writer)); /* the relay did not block */
	relay_free(r);
	close(up[0]), close(out[1]);
}

static void a_closed_input_is_at_its_end_and_output_to_minus_one_is_discarded(void **state)
{
	struct note a = nothing(), b = nothing(), c = nothing(), f = nothing();
	own_fd int filler =
		open("/dev/null",
		     O_PATH | O_CLOEXEC); /* what cmd_begin opens in place of a closed descriptor */
	struct relay *r = fresh();
	int down[2], up[2];

	(void)state;
	make_pipe(down);
	make_pipe(up);
	add(r, "stdin", 900, down[1], &a);
	add_tapped(r, "stdout", up[0], -1, &b);
	add(r, "stdin", down[1], -1, &c); /* open, but not for writing */
	add(r, "stdin", filler, filler, &f);
	put(up[1], "kept");
	settle(r);
	assert_int_equal(a.ends, 1);
	assert_int_equal(c.ends, 1);
	assert_int_equal(f.ends, 1);
	assert_string_equal(b.seen.data, "kept");
	assert_int_equal(b.broken, 0);
	relay_free(r);
	buf_free(&b.seen);
	for (int i = 0; i < 2; i++)
		close(down[i]), close(up[i]);
}

static void an_output_not_open_for_writing_fails_at_the_first_byte(void **state)
{
	own_fd int filler = open("/dev/null", O_PATH | O_CLOEXEC),
		   reader = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const int not [] = {901, filler, reader};

	(void)state;
	for (size_t i = 0; i < sizeof(not ) / sizeof(*not ); i++) {
		struct note n = nothing();
		struct relay *r = fresh();
		int up[2];

		make_pipe(up);
		add_tapped(r, "stdout", up[0], not [i], &n);
		settle(r);
		assert_int_equal(n.broken, 0);
		put(up[1], "kept");
		assert_refused(relay_turn(r, &e), &e, "write stdout: Bad file descriptor");
		assert_string_equal(n.seen.data, "kept");
		assert_int_equal(n.broken, 1);
		relay_free(r);
		buf_free(&n.seen);
		close(up[0]), close(up[1]);
	}
}

static void regular_files_work_as_input_and_output(void **state)
{
	struct scratch *s = *state;
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	own_fd int in = openat(s->dir, "in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	own_fd int out = openat(s->dir, "out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct actor fill, container, check;
	int down[2], up[2];

	begin(&fill, -1, dup(in), 3 * MIB);
	assert_true(was_exact(&fill));
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	put(out, "before ");
	make_pipe(down);
	make_pipe(up);
	a.close_end = down[1];
	add(r, "stdin", in, down[1], &a);
	add(r, "stdout", up[0], out, &b);
	begin(&container, down[0], up[1], 3 * MIB);
	while (!b.ends)
		turn(r);
	assert_false(wakes(r, 0));
	assert_true(was_exact(&container));
	assert_int_equal(lseek(in, 0, SEEK_CUR),
			 3 * MIB); /* the file offset is shared with the user */
	assert_int_equal(lseek(out, 0, SEEK_SET), 0);
	has(out, "before ");
	begin(&check, dup(out), -1, 3 * MIB);
	assert_true(was_exact(&check));
	relay_free(r);
	close(up[0]);
}

static void an_endless_file_does_not_delay_signals(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	own_fd int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC),
		   null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	add(r, "stdin", zero, null, &n);
	for (int i = 0; i < 10; i++)
		turn(r); /* each byte returns and requests another one */
	assert_int_equal(n.ends + n.broken, 0);
	relay_free(r);
}

static void a_full_disk_is_reported_once_and_ends_its_channel(void **state)
{
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	own_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int up[2], up_err[2], out[2];

	(void)state;
	make_pipe(up);
	make_pipe(up_err);
	make_pipe(out);
	add(r, "stdout", up[0], full, &a);
	add(r, "stderr", up_err[0], out[1], &b);
	put(up[1], "lost");
	put(up_err[1], "kept");
	assert_true(wakes(r, PATIENCE));
	assert_refused(relay_turn(r, &e), &e, "write stdout: No space left on device");
	assert_int_equal(a.broken, 1);
	settle(r);
	has(out[0], "kept");
	assert_int_equal(b.broken, 0);
	relay_free(r);
	for (int i = 0; i < 2; i++)
		close(up[i]), close(up_err[i]), close(out[i]);
}

static void a_directory_as_stdin_is_empty(void **state)
{
	struct scratch *s = *state;
	struct note n = nothing();
	struct relay *r = fresh();
	int down[2];

	make_pipe(down);
	n.close_end = down[1];
	add(r, "stdin", s->dir, down[1], &n);
	settle(r);
	assert_int_equal(n.ends, 1);
	assert_true(at_eof(down[0]));
	relay_free(r);
	close(down[0]);
}

static void a_socket_with_a_closed_reader_is_broken(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	int up[2], out[2];

	(void)state;
	make_pipe(up);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), 0);
	add(r, "stdout", up[0], out[1], &n);
	settle(r);
	close(out[0]);
	settle(r);
	assert_int_equal(n.broken, 1);
	relay_free(r);
	close(up[0]), close(up[1]), close(out[1]);
}

static void open_pty(int *master, int *slave)
{
	struct termios raw;

	assert_int_equal(openpty(master, slave, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(*slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(*slave, TCSANOW, &raw), 0);
}

static void the_users_file_flags_are_unchanged(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	int in[2], sock[2], master, slave, before[5], spare[2];

	(void)state;
	make_pipe(in);
	make_pipe(spare);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock), 0);
	open_pty(&master, &slave);

	const int fds[5] = {in[0], spare[1], sock[0], slave, master};

	for (int i = 0; i < 5; i++)
		before[i] = fcntl(fds[i], F_GETFL);
	add(r, "a", in[0], sock[0], &n);
	add(r, "b", sock[0], slave, &n);
	add(r, "c", slave, spare[1], &n);
	add(r, "d", master, -1, &n);
	put(in[1], "x");
	put(sock[1], "y");
	settle(r);
	for (int i = 0; i < 5; i++)
		assert_int_equal(fcntl(fds[i], F_GETFL), before[i]);
	relay_free(r);
	for (int i = 0; i < 5; i++)
		assert_int_equal(fcntl(fds[i], F_GETFL), before[i]);
	for (int i = 0; i < 2; i++)
		close(in[i]), close(sock[i]), close(spare[i]);
	close(master), close(slave);
}

/* A container that echoes on a terminal, with the master in blocking mode as it was opened. */
static void echo_on_a_terminal(int flags, uint64_t n)
{
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	struct actor writer, container, reader;
	int in[2], out[2], master, slave;

	make_pipe(in);
	make_pipe(out);
	open_pty(&master, &slave);
	assert_int_equal(fcntl(master, F_SETFL, fcntl(master, F_GETFL) | flags), 0);
	a.close_end = -1;
	add(r, "stdin", in[0], master, &a);
	add(r, "stdout", master, out[1], &b);
	begin(&writer, -1, in[1], n);
	begin(&container, dup(slave), dup(slave), n);
	begin(&reader, out[0], -1, n);
	while (!a.ends)
		turn(r);
	assert_true(was_exact(&writer));
	/* A terminal has no half-close: the stream ends after a known length. */
	for (uint64_t got = 0; got < n;) {
		struct pollfd p[] = {{.fd = relay_fd(r), .events = POLLIN}};

		if (poll(p, 1, 200) == 0)
			break;
		assert_int_equal(relay_turn(r, &e), 0);
	}
	close(out[1]);
	close(master);
	relay_free(r);
	assert_true(was_exact(&reader));
	pthread_join(container.thread, NULL); /* the master is closed: end of input */
	close(in[0]), close(slave);
}

static void terminals_carry_bytes_unchanged(void **state)
{
	(void)state;
	echo_on_a_terminal(O_NONBLOCK, 3 * MIB + 7);
}

static void a_blocking_terminal_is_polled_first(void **state)
{
	(void)state;
	echo_on_a_terminal(0, MIB / 4 + 7);
}

static void a_terminal_without_an_open_slave_has_not_ended(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	int out[2], master, slave;
	char path[64];

	(void)state;
	make_pipe(out);
	open_pty(&master, &slave);
	assert_int_equal(ttyname_r(slave, path, sizeof(path)), 0);
	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	add(r, "stdout", master, out[1], &n);
	put(slave, "one");
	close(slave);
	settle(r); /* no busy loop on EIO */
	has(out[0], "one");
	assert_int_equal(n.ends + n.broken, 0);

	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	put(slave, "two");
	turn(r);
	settle(r);
	has(out[0], "two");

	put(slave, "three");
	close(slave);
	assert_int_equal(relay_finish(r, -1, &e), 0);
	has(out[0], "three");
	assert_int_equal(n.ends, 1);
	relay_free(r);
	close(out[0]), close(out[1]), close(master);
}

static void input_reaches_a_terminal_before_its_slave_is_open(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	int in[2], master, slave;
	char path[64];

	(void)state;
	make_pipe(in);
	open_pty(&master, &slave);
	assert_int_equal(ttyname_r(slave, path, sizeof(path)), 0);
	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	add(r, "stdin", in[0], master, &n);
	close(slave);
	put(in[1], "early");
	settle(r);
	assert_int_equal(n.broken, 0);
	put(in[1], "er");
	settle(r);
	assert_int_equal(n.broken, 0);
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	has(slave, "early");
	has(slave, "er");
	relay_free(r);
	close(in[0]), close(in[1]), close(master), close(slave);
}

/* The grandchild is a background job of a terminal, where read(2) would stop it (SIGTTIN). */
static void a_background_job_is_not_stopped_before_there_is_input(void **state)
{
	struct note n = nothing();
	int master, slave, status;
	struct relay *r;
	pid_t pid;

	(void)state;
	open_pty(&master, &slave);
	pid = fork();
	if (pid == 0) {
		if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
			_exit(1);
		pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			r = fresh();
			add(r, "stdin", slave, -1, &n);
			settle(r);
			relay_free(r);
			_exit(0);
		}
		if (waitpid(pid, &status, WUNTRACED) != pid || status != 0) {
			kill(pid, SIGKILL);
			_exit(2);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(master), close(slave);
}

static void an_ended_channel_causes_no_wakeups(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	int in[2], down[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in), 0);
	make_pipe(down);
	add(r, "stdin", in[0], down[1], &n);
	close(down[0]);
	settle(r);
	assert_int_equal(n.broken, 1);
	put(in[1], "for somebody else"); /* the user's own descriptor is still open */
	assert_false(wakes(r, 50));
	relay_free(r);
	close(in[0]), close(in[1]), close(down[1]);
}

static void an_idle_relay_sleeps(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	int in[2], out[2], master, slave;

	(void)state;
	make_pipe(in);
	make_pipe(out);
	open_pty(&master, &slave);
	add(r, "stdin", in[0], out[1], &n);
	add(r, "stdout", slave, out[1], &n);
	add(r, "stderr", master, slave, &n);
	settle(r);
	put(in[1], "x");
	settle(r);
	put(master, "y");
	settle(r);
	relay_free(r);
	for (int i = 0; i < 2; i++)
		close(in[i]), close(out[i]);
	close(master), close(slave);
}

static void a_fifo_without_writers_is_at_its_end(void **state)
{
	struct scratch *s = *state;
	struct note n = nothing();
	struct relay *r = fresh();
	own_str char *path = str_fmt("%s/fifo", s->path);
	own_fd int from = -1, writer = -1;

	assert_int_equal(mkfifo(path, 0600), 0);
	from = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(from >= 0 && writer >= 0);
	close(take_fd(&writer));
	add_tapped(r, "stdin", from, -1, &n);
	settle(r);
	assert_int_equal(n.ends, 1);
	relay_free(r);
}

static void finishing_reads_the_rest_without_waiting_for_writers(void **state)
{
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	int in[2], down[2], up[2], out[2];

	(void)state;
	make_pipe(in);
	make_pipe(down);
	make_pipe(up);
	make_pipe(out);

	struct relay_channel c = channel("stdin", in[0], down[1], &a);

	c.input = true;
	assert_int_equal(relay_add(r, &c, &e), 0);
	add_tapped(r, "stdout", up[0], out[1], &b);
	put(in[1], "nobody is left to read this");
	put(up[1], "the last word"); /* up[1] stays open */
	assert_int_equal(relay_finish(r, -1, &e), 0);
	has(out[0], "the last word");
	assert_string_equal(b.seen.data, "the last word");
	assert_int_equal(b.ends, 1);
	assert_int_equal(a.ends + a.broken, 0);
	has(in[0], "nobody is left");
	assert_false(wakes(r, 0));
	relay_free(r);
	buf_free(&b.seen);
	for (int i = 0; i < 2; i++)
		close(in[i]), close(down[i]), close(up[i]), close(out[i]);
}

/* A full pipe from the container, then a full relay and a full pipe to the user. */
static void finishing_waits_for_a_slow_reader_until_it_is_muted(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	own_fd int stop = eventfd(0, EFD_CLOEXEC);
	struct actor writer, reader;
	int up[2], out[2];
	uint64_t one = 1;

	(void)state;
	make_pipe(up);
	make_pipe(out);
	assert_true(fcntl(up[0], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
	begin(&writer, -1, up[1], MIB / 2);
	assert_true(was_exact(&writer));
	add(r, "stdout", up[0], out[1], &n);
	assert_int_equal(write(stop, &one, sizeof(one)), sizeof(one));
	assert_int_equal(relay_finish(r, stop, &e), 1);
	assert_int_equal(n.ends, 0);
	assert_int_equal(read(stop, &one, sizeof(one)), sizeof(one)); /* not read by the relay */

	begin(&reader, out[0], -1, MIB / 2);
	assert_int_equal(relay_finish(r, stop, &e), 0);
	assert_int_equal(n.ends, 1);
	close(out[1]);
	assert_true(was_exact(&reader));
	relay_free(r);
	close(up[0]);
}

static void a_muted_relay_passes_the_rest_to_the_tap(void **state)
{
	struct note n = nothing();
	struct relay *r = fresh();
	own_fd int stop = eventfd(1, EFD_CLOEXEC);
	struct actor writer;
	int up[2], out[2];
	uint64_t at = 0;

	(void)state;
	make_pipe(up);
	make_pipe(out);
	assert_true(fcntl(up[0], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
	begin(&writer, -1, up[1], MIB / 2);
	assert_true(was_exact(&writer));
	add_tapped(r, "stdout", up[0], out[1], &n);
	assert_int_equal(relay_finish(r, stop, &e), 1);
	assert_true(n.seen.len < MIB / 2);
	relay_mute(r);
	assert_int_equal(relay_finish(r, -1, &e), 0);
	assert_int_equal(n.seen.len, MIB / 2);
	while (at < n.seen.len && n.seen.data[at] == byte_at(at))
		at++;
	assert_int_equal(at, MIB / 2);
	assert_int_equal(n.ends, 1);
	relay_free(r);
	buf_free(&n.seen);
	close(up[0]), close(out[0]), close(out[1]);
}

static void a_failure_while_finishing_is_reported_last(void **state)
{
	struct note a = nothing(), b = nothing();
	struct relay *r = fresh();
	own_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct actor writer, reader;
	int up[2], up_err[2], out[2];

	(void)state;
	make_pipe(up);
	make_pipe(up_err);
	make_pipe(out);
	assert_true(fcntl(up_err[0], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
	begin(&writer, -1, up_err[1], MIB / 2);
	assert_true(was_exact(&writer));
	begin(&reader, out[0], -1, MIB / 2);
	add(r, "stdout", up[0], full, &a);
	add(r, "stderr", up_err[0], out[1], &b);
	put(up[1], "lost");
	assert_refused(relay_finish(r, -1, &e), &e, "write stdout: No space left on device");
	assert_int_equal(a.broken, 1);
	assert_int_equal(b.ends, 1);
	close(out[1]);
	assert_true(was_exact(&reader));
	relay_free(r);
	close(up[0]), close(up[1]), close(up_err[0]);
}

static int without_sigpipe(void **state)
{
	(void)state;
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_unchanged_in_both_directions_at_once),
		cmocka_unit_test(sockets_carry_bytes_unchanged),
		cmocka_unit_test(pipes_that_cannot_be_reopened_work),
		cmocka_unit_test(a_stalled_reader_blocks_no_other_channel),
		cmocka_unit_test(the_end_of_stdin_is_passed_on_and_output_goes_on),
		cmocka_unit_test(a_container_that_closes_its_stdin_ends_only_the_reading),
		cmocka_unit_test(a_closed_reader_is_noticed_before_a_write),
		cmocka_unit_test(a_reader_that_closes_at_the_last_moment_is_no_failure),
		cmocka_unit_test(a_reader_that_closes_a_full_pipe_is_noticed),
		cmocka_unit_test(the_tap_continues_after_the_reader_closed),
		cmocka_unit_test(output_without_reader_and_tap_is_discarded),
		cmocka_unit_test(a_closed_input_is_at_its_end_and_output_to_minus_one_is_discarded),
		cmocka_unit_test(an_output_not_open_for_writing_fails_at_the_first_byte),
		unit_test_scratch(regular_files_work_as_input_and_output),
		cmocka_unit_test(an_endless_file_does_not_delay_signals),
		cmocka_unit_test(a_full_disk_is_reported_once_and_ends_its_channel),
		unit_test_scratch(a_directory_as_stdin_is_empty),
		cmocka_unit_test(a_socket_with_a_closed_reader_is_broken),
		cmocka_unit_test(the_users_file_flags_are_unchanged),
		cmocka_unit_test(terminals_carry_bytes_unchanged),
		cmocka_unit_test(a_blocking_terminal_is_polled_first),
		cmocka_unit_test(a_terminal_without_an_open_slave_has_not_ended),
		cmocka_unit_test(input_reaches_a_terminal_before_its_slave_is_open),
		cmocka_unit_test(a_background_job_is_not_stopped_before_there_is_input),
		cmocka_unit_test(an_ended_channel_causes_no_wakeups),
		cmocka_unit_test(an_idle_relay_sleeps),
		unit_test_scratch(a_fifo_without_writers_is_at_its_end),
		cmocka_unit_test(finishing_reads_the_rest_without_waiting_for_writers),
		cmocka_unit_test(finishing_waits_for_a_slow_reader_until_it_is_muted),
		cmocka_unit_test(a_muted_relay_passes_the_rest_to_the_tap),
		cmocka_unit_test(a_failure_while_finishing_is_reported_last),
	};

	return cmocka_run_group_tests(tests, without_sigpipe, NULL);
}
