/* Shows what a container wrote to its stdout and stderr. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "base/proc.h"
#include "cmd.h"
#include "container/container.h"
#include "log/logread.h"

struct logs_args {
	struct log_query query;
};

static int read_tail(void *to, const char *text, struct err *e)
{
	uint64_t *lines = to;

	*lines = UINT64_MAX;
	return strcmp(text, "all") == 0 ? 0 : num_uint(text, 0, INT64_MAX, lines, e);
}

static int read_time(void *to, const char *text, struct err *e)
{
	return num_time(text, to, e);
}

static const struct opt opts[] = {
	OPT_FLAG(struct logs_args, query.follow, 'f', "follow",
		 "wait for new lines until the container ends"),
	OPT_FORM(struct logs_args, query.tail, 'n', "tail", "N",
		 "show only the last N lines (default: all)", read_tail),
	OPT_FORM(struct logs_args, query.since, 0, "since", "TIME",
		 "show lines from this time on (a date, or 5m: five minutes ago)", read_time),
	OPT_FORM(struct logs_args, query.until, 0, "until", "TIME", "show lines up to this time",
		 read_time),
	OPT_FLAG(struct logs_args, query.timestamps, 't', "timestamps",
		 "print the time before each line"),
	OPT_INSTEAD(0, "color", "use one 'ct logs' per container"),
	OPT_INSTEAD('l', "latest", "use 'ct logs $(ct ps -q | head -n 1)'"),
	OPT_INSTEAD(0, "names", "use one 'ct logs' per container"),
	OPT_INSTEAD(0, "details", "use 'ct inspect -f .Config.Labels'"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-logs",
	.operands = "CONTAINER...",
	.purpose = "Show what containers wrote to their standard output and error",
	.opts = opts,
	.min = 1,
	.max = -1,
};

/* Opens the container. *ended becomes a pidfd of its supervisor, or -1 if the supervisor ended. */
static int find(const char *ref, struct container *c, int *ended, struct err *e)
{
	own_store struct store s = STORE_NONE;
	struct container_state st;

	if (store_open(&s, STORE_LOOK, e) < 0)
		return -1;
	if (*s.note)
		cmd_note("%s", s.note);
	if (container_open(&s, ref, c, e) < 0 || container_need_log(c, ref, e) < 0)
		return -1;
	if (container_state(&s, c, &st, e) < 0)
		return err_wrap(e, "%s", ref);
	*ended = container_supervisor(&st);
	return 0;
}

/* named: with the container's name before each line. Returns the exit status. */
static int show(const struct log_query *query, const char *ref, bool named)
{
	static const int out[2] = {STDOUT_FILENO, STDERR_FILENO};
	own_container struct container c = CONTAINER_NONE;
	own_fd int ended = -1;
	struct log_query q = *query;
	own_str char *prefix = NULL;
	uint64_t damaged;
	struct err e;

	if (find(ref, &c, &ended, &e) < 0)
		return cmd_failed(&e);
	if (named) {
		const char *name = record_get(&c.config, "name");

		q.prefix = prefix = str_fmt("%s: ", name ? name : c.id);
	}
	q.ended = ended;
	if (logread(c.dir, &q, out, &damaged, &e) < 0) {
		/* The reader closed the pipe while there was nothing to write: end by SIGPIPE, as a
		 * write would have. */
		if (e.sys == EPIPE) {
			raise(SIGPIPE);
			return 1;
		}
		err_wrap(&e, "%s", c.id);
		return cmd_failed(&e);
	}
	if (damaged)
		cmd_note("%s: %" PRIu64 " damaged record%s in the log", c.id, damaged,
			 damaged == 1 ? "" : "s");
	return cmd_end(0);
}

/* Each container has a reader of its own; with --follow they read at the same time. */
static int show_each(const struct log_query *q, char **refs)
{
	int status = 0, got;
	size_t n = 0;
	struct err e;

	for (; refs[n]; n++) {
		pid_t pid = fork();

		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			_exit(show(q, refs[n], true));
		}
		if (pid < 0) {
			err_sys(&e, "%s", refs[n]);
			status = cmd_failed(&e);
		} else if (!q->follow && (got = proc_wait_child(pid)) != 0) {
			status = got;
		}
		if (status == 128 + SIGPIPE)
			raise(SIGPIPE);
	}
	while (wait(&got) >= 0)
		status = got ? 1 : status;
	return status;
}

int main(int argc, char **argv)
{
	struct logs_args args = {.query = {.tail = UINT64_MAX, .until.tv_sec = LOG_EVER}};
	char **operands = cmd_begin(&program, argc, argv, &args);

	return operands[1] ? show_each(&args.query, operands)
			   : show(&args.query, operands[0], false);
}
