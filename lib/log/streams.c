#include "log/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "log/ctlog.h"
#include "log/relay.h"

static const char *const names[] = {"standard input", "standard output", "standard error"};

static int open_pipe(struct streams *st, int i, uid_t owner, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "%s: pipe", names[i]);
	st->theirs[i] = ends[i == 0 ? 0 : 1];
	st->ours[i] = ends[i == 0 ? 1 : 0];
	if (owner &&
	    explained(fchown(ends[0], owner, owner), "fchown(%d, %u, %u)", ends[0], owner, owner) <
		    0)
		return err_sys(e, "%s: set the owner of the pipe", names[i]);
	/*
	 * A program that becomes another user still opens /dev/stdout, and the kernel checks
	 * the pipe's mode. Other processes cannot reach the pipe: it is reachable only through
	 * /proc/PID/fd, which requires the right to trace that process. Other users inside can
	 * only write to their end; they cannot read what is in the pipe.
	 */
	if (explained(fchmod(ends[0], i == 0 ? 0644 : 0622), "fchmod(%d, 0%o)", ends[0],
		      i == 0 ? 0644 : 0622) < 0)
		return err_sys(e, "%s: set the mode of the pipe", names[i]);
	return 0;
}

static int open_null(struct streams *st, int i, struct err *e)
{
	st->theirs[i] = open("/dev/null", i ? O_WRONLY | O_CLOEXEC : O_RDONLY | O_CLOEXEC);
	return st->theirs[i] < 0 ? err_sys(e, "/dev/null") : 0;
}

int streams_open(struct streams *st, enum streams_kind kind, bool input, uid_t owner, struct err *e)
{
	*st = (struct streams){.theirs = {-1, -1, -1}, .ours = {-1, -1, -1}, .master = -1};
	for (int i = 0; i < 3 && kind != STREAMS_TERMINAL; i++) {
		bool null = kind == STREAMS_NONE || (i == 0 && !input);

		if ((null ? open_null(st, i, e) : open_pipe(st, i, owner, e)) < 0) {
			streams_close(st);
			return -1;
		}
	}
	return 0;
}

int streams_lend(struct streams *st, bool input, struct err *e)
{
	*st = (struct streams){.theirs = {-1, -1, -1}, .ours = {-1, -1, -1}, .master = -1};
	for (int i = 0; i < 3; i++) {
		if (i == 0 && !input) {
			if (open_null(st, i, e) < 0)
				return -1;
			continue;
		}
		st->theirs[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
		if (st->theirs[i] < 0) {
			streams_close(st);
			return err_sys(e, "%s", names[i]);
		}
	}
	return 0;
}

void streams_close_theirs(struct streams *st)
{
	for (int i = 0; i < 3; i++)
		shut_fd(&st->theirs[i]);
}

void streams_close(struct streams *st)
{
	streams_close_theirs(st);
	for (int i = 0; i < 3; i++)
		shut_fd(&st->ours[i]);
	shut_fd(&st->master);
}

static void tap_stdout(void *log, const char *data, size_t n)
{
	ctlog_write(log, CTLOG_STDOUT, data, n);
}

static void tap_stderr(void *log, const char *data, size_t n)
{
	ctlog_write(log, CTLOG_STDERR, data, n);
}

enum { CTRL_C = 3, CTRL_C_TIMES = 3 };

void streams_ctrl_c(struct streams *st)
{
	if (++st->ctrl_c == CTRL_C_TIMES && st->stubborn)
		st->stubborn(st->container);
}

static void tap_typed(void *arg, const char *data, size_t n)
{
	struct streams *st = arg;

	for (size_t i = 0; i < n; i++)
		if (data[i] == CTRL_C)
			streams_ctrl_c(st);
		else
			st->ctrl_c = 0;
}

/* Anything except the terminal's echo of Ctrl-C is an answer. */
static void tap_terminal(void *arg, const char *data, size_t n)
{
	struct streams *st = arg;

	for (size_t i = 0; i < n; i++)
		if (data[i] != '^' && data[i] != 'C')
			st->ctrl_c = 0;
	if (st->log)
		tap_stdout(st->log, data, n);
}

static void shut_ours(void *fd)
{
	shut_fd(fd);
}

/* Sends ^D, which ends the input of a terminal. */
static void type_end(void *arg)
{
	const struct streams *st = arg;

	if (st->master >= 0 && write(st->master, "\x04", 1) < 0)
		return;
}

int streams_relay(struct streams *st, struct relay *r, bool attached, struct ctlog *log,
		  struct err *e)
{
	struct relay_channel in = {.name = names[0],
				   .from = 0,
				   .to = st->ours[0],
				   .input = true,
				   .at_end = shut_ours,
				   .at_broken = shut_ours,
				   .arg = &st->ours[0]};
	struct relay_channel out = {.name = names[1],
				    .from = st->ours[1],
				    .to = attached ? 1 : -1,
				    .tap = log ? tap_stdout : NULL,
				    .tap_arg = log,
				    .at_end = shut_ours,
				    .at_broken = shut_ours,
				    .arg = &st->ours[1]};
	/*
	 * A closed stderr discards its stream; a closed stdout fails when
	 * there is output for it.
	 */
	bool mute = !attached || fcntl(2, F_GETFL) & O_PATH;
	struct relay_channel err = {.name = names[2],
				    .from = st->ours[2],
				    .to = mute ? -1 : 2,
				    .tap = log ? tap_stderr : NULL,
				    .tap_arg = log,
				    .at_end = shut_ours,
				    .at_broken = shut_ours,
				    .arg = &st->ours[2]};

	if (st->master >= 0) {
		fcntl(st->master, F_SETFL, O_RDWR | O_NONBLOCK);
		in.to = out.from = st->master;
		in.at_end = type_end;
		in.at_broken = out.at_end = out.at_broken = NULL;
		in.arg = out.arg = st;
		st->log = log;
		in.tap = tap_typed;
		out.tap = tap_terminal;
		in.tap_arg = out.tap_arg = st;
	} else if (relay_add(r, &err, e) < 0) {
		return -1;
	}
	if (relay_add(r, &out, e) < 0)
		return -1;
	if (attached && in.to >= 0)
		return relay_add(r, &in, e);
	return 0;
}
