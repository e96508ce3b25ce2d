#include "base/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

int explain_fd = -1;
static const char *program_name, *stage_name;

int explain_begin(const char *program, int fd, struct err *e)
{
	program_name = program;
	explain_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return explain_fd < 0 ? err_sys(e, "--explain: duplicate descriptor %d", fd) : 0;
}

void explain_at(const char *what)
{
	stage_name = what;
}

/* One write(2) a line: lines of two processes must not mix. */
static void say(const struct buf *line)
{
	if (write(explain_fd, line->data, line->len) < 0)
		return; /* a closed output does not stop the work */
}

static void begin_line(struct buf *line, const char *fmt, va_list ap)
{
	own_str char *call = NULL, *shown = NULL;

	if (vasprintf(&call, fmt, ap) < 0)
		abort();
	shown = str_printable(call);
	buf_fmt(line, "%s: ", program_name);
	if (stage_name)
		buf_fmt(line, "[%s] ", stage_name);
	buf_str(line, shown);
}

void explain_result(long result, const char *fmt, ...)
{
	int saved = errno;
	own_buf struct buf line = {0};
	va_list ap;

	va_start(ap, fmt);
	begin_line(&line, fmt, ap);
	va_end(ap);
	buf_fmt(&line, " = %ld", result);
	if (result == -1)
		buf_fmt(&line, " %s (%s)", strerrorname_np(saved) ? strerrorname_np(saved) : "?",
			strerror(saved));
	buf_str(&line, "\n");
	say(&line);
	errno = saved;
}

void explain_ahead(const char *fmt, ...)
{
	own_buf struct buf line = {0};
	va_list ap;

	if (explain_fd < 0)
		return;
	va_start(ap, fmt);
	begin_line(&line, fmt, ap);
	va_end(ap);
	buf_str(&line, "\n");
	say(&line);
}

void explain_same(const char *lines)
{
	own_buf struct buf text = {0};
	size_t n;

	for (; explain_fd >= 0 && *lines; lines += n + (lines[n] == '\n')) {
		n = strcspn(lines, "\n");
		buf_fmt(&text, "# same: %.*s\n", (int)n, lines);
	}
	if (text.len)
		say(&text);
}

static char within[40];

void explain_within(const char *command)
{
	snprintf(within, sizeof(within), "%s", command);
}

void explain_shell(const char *fmt, ...)
{
	own_str char *command = NULL, *line = NULL;
	int saved = errno;
	va_list ap;

	if (explain_fd < 0)
		return;
	va_start(ap, fmt);
	if (vasprintf(&command, fmt, ap) < 0)
		abort();
	va_end(ap);
	line = str_fmt("%s%s\n", within, command);
	explain_same(line);
	errno = saved;
}
