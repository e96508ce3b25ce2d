#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bar.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/selfexe.h"
#include "base/str.h"
#include "store/store.h"

static const struct opt_program *program;

void cmd_complain(const struct err *e)
{
	own_str char *line = str_printable(e->msg);

	cmd_bar_end();
	if (!*line)
		return;
	fflush(stdout);
	/* Errors of "ct-net up" begin with "ct-net". */
	fprintf(stderr, "%.*s: %s\n", (int)strcspn(program->name, " "), program->name, line);
}

void cmd_note(const char *fmt, ...)
{
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof(e.msg), fmt, ap);
	va_end(ap);
	cmd_complain(&e);
}

void cmd_stubborn(const char *container)
{
	const char *newline = isatty(STDERR_FILENO) ? "\r\n" : "\n";

	fprintf(stderr,
		"%s%s: %s: does not end at Ctrl-C: 'ct stop %s' in another terminal ends it%s",
		newline[1] ? newline : "", program->name, container, container, newline);
}

void cmd_explain(bool wanted)
{
	struct err e;

	if (wanted && explain_begin(program->name, STDERR_FILENO, &e) < 0)
		exit(cmd_failed(&e));
}

int cmd_failed(const struct err *e)
{
	cmd_complain(e);
	return cmd_end(e->status ? e->status : program->in_order ? 125 : 1);
}

int cmd_tell_id(const char *id, struct err *e)
{
	own_str char *line = str_fmt("%s\n", id);

	/* SIGPIPE must not end this process: the caller still has to remove the object. */
	signal(SIGPIPE, SIG_IGN);
	if (fd_write_all(STDOUT_FILENO, line, strlen(line)) == 0)
		return 0;
	err_sys(e, "standard output");
	if (e->sys == EPIPE)
		*e->msg = '\0';
	return -1;
}

int cmd_end(int status)
{
	struct err e;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE) {
		err_sys(&e, "standard output");
		cmd_complain(&e);
	}
	return status ? status : 1;
}

/*
 * A program may be started with descriptor 0, 1 or 2 closed. The next file that it opens would get
 * that number, and output would be written into that file. An O_PATH descriptor in its place can be
 * neither read nor written, so using it fails as it should.
 */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd < 3);
	if (fd >= 0)
		close(fd);
}

char **cmd_begin(const struct opt_program *prog, int argc, char **argv, void *args)
{
	program = prog;
	fill_standard_streams();
	return cmd_command(prog, argc, selfexe_take_args(argv), args);
}

char **cmd_command(const struct opt_program *prog, int argc, char **argv, void *args)
{
	struct err e;
	int first = 0;

	program = prog;
	switch (opt_parse(prog, argc, argv, args, &first, &e)) {
	case OPT_GO:
		return argv + first;
	case OPT_HELP:
		opt_help(prog, stdout);
		exit(cmd_end(0));
	case OPT_TABLE:
		opt_table(prog, stdout);
		exit(cmd_end(0));
	case OPT_REFUSED:
		opt_refused(prog, stdout);
		exit(cmd_end(0));
	case OPT_VERSION:
		printf("%s %s\n", prog->name, CT_VERSION);
		exit(cmd_end(0));
	default:
		snprintf(e.msg + strlen(e.msg), sizeof(e.msg) - strlen(e.msg), " (see '%s --help')",
			 prog->name);
		cmd_complain(&e);
		exit(prog->usage ? prog->usage : prog->in_order ? 125 : 2);
	}
}

int cmd_each(char **operands, int (*one)(const char *id, void *args, struct err *e), void *args)
{
	own_str char *line = NULL;
	size_t room = 0;
	int status = 0;
	struct err e;
	ssize_t n;

	for (; *operands; operands++) {
		if (strcmp(*operands, "-") != 0) {
			if (one(*operands, args, &e) < 0)
				status = cmd_failed(&e);
			continue;
		}
		while ((n = getline(&line, &room, stdin)) > 0) {
			line[strcspn(line, "\n")] = '\0';
			if (*line && one(line, args, &e) < 0)
				status = cmd_failed(&e);
		}
		if (ferror(stdin)) {
			err_sys(&e, "standard input");
			status = cmd_failed(&e);
		}
	}
	return status;
}

int cmd_containers(const struct opt_program *prog, int argc, char **argv,
		   int (*one)(const char *id, void *store, struct err *e))
{
	char **operands = cmd_begin(prog, argc, argv, NULL);
	own_store struct store store = STORE_NONE;
	struct err e;

	if (store_open(&store, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	return cmd_end(cmd_each(operands, one, &store));
}

int cmd_list(const struct store *s, const char *kind, char **operands,
	     int (*one)(const char *id, void *args, struct err *e), void *args)
{
	own_strv struct strv ids = {0};
	int status = 0;
	struct err e;

	if (*operands)
		return cmd_each(operands, one, args);
	if (store_list(s, kind, &ids, &e) < 0)
		return cmd_failed(&e);
	for (size_t i = ids.n; i-- > 0;)
		if (one(ids.v[i], args, &e) < 0 &&
		    faccessat(s->root, ids.v[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			status = cmd_failed(&e);
	return status;
}
