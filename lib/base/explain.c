#include "base/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/shellwrap.h"
#include "base/str.h"

static const char same[] = "# same: ";
enum { COLUMNS = SHELLWRAP_COLUMNS };

int explain_fd = -1;
static int brief_fd = -1;
static const char *program_name, *stage_name;
static char within[60];

int explain_read_mode(void *to, const char *text, struct err *e)
{
	if (text && !str_equal(text, "brief"))
		return err_set(e, "%s: not brief", text);
	*(enum explain_mode *)to = text ? EXPLAIN_BRIEF : EXPLAIN_CALLS;
	return 0;
}

static int begin(int *to, const char *program, int fd, struct err *e)
{
	program_name = program;
	*to = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *to < 0 ? err_sys(e, "--explain: duplicate descriptor %d", fd) : 0;
}

int explain_begin(const char *program, int fd, struct err *e)
{
	return begin(&explain_fd, program, fd, e);
}

int explain_begin_brief(const char *program, int fd, struct err *e)
{
	return begin(&brief_fd, program, fd, e);
}

void explain_end(void)
{
	shut_fd(&explain_fd);
	shut_fd(&brief_fd);
}

void explain_at(const char *what)
{
	stage_name = what;
}

void explain_within(const char *command)
{
	snprintf(within, sizeof(within), "%s", command);
}

/* Lines that belong together are one write(2): lines of two processes must not mix. */
static void say(int fd, const struct buf *lines)
{
	if (lines->len && write(fd, lines->data, lines->len) < 0)
		return; /* a closed output does not stop the work */
}

enum { INDENT = 8 }; /* of the lines that continue a call */

static bool begins_character(char c)
{
	return (c & 0xc0) != 0x80;
}

/* How many of n bytes of a text, in which each character has one column, fit. */
static size_t bytes_in(const char *text, size_t n, size_t columns)
{
	size_t i = 0;

	while (i < n && (columns || !begins_character(text[i])))
		columns -= begins_character(text[i++]);
	return i;
}

/* Whether a line can end at this blank. The result of a call stays with its last word: ") = 0". */
static bool is_gap(const char *text, size_t i)
{
	bool before = i > 0 && strncmp(text + i - 1, "= ", 2) == 0;

	return text[i] == ' ' && !before && strncmp(text + i + 1, "= ", 2) != 0;
}

/* The first gap from i on, or the end. */
static size_t gap_from(const char *text, size_t i)
{
	while (text[i] && !is_gap(text, i))
		i++;
	return i;
}

/* The length of the first n bytes of a text up to the last end of a flag, an argument or a part of
 * a path; 0: none. */
static size_t up_to_part(const char *text, size_t n)
{
	while (n && !strchr(",|/&", text[n - 1]))
		n--;
	return n;
}

/* How many bytes of a text stand on a line of so many. Only a word that is too long for any line is
 * cut. */
static size_t part_of(const char *text, size_t columns)
{
	size_t n = bytes_in(text, strlen(text), columns), word = 0, end = gap_from(text, 0), cut;

	for (; end <= n && text[end]; end = gap_from(text, end + 1))
		word = end + 1;
	if (end <= n || word > n)
		return word > n ? word : n;
	cut = up_to_part(text + word, n - word);
	if (word && (!cut || bytes_in(text + word, end - word, COLUMNS - INDENT) == end - word))
		return word;
	return cut ? word + cut : n;
}

/* Continues behind the blank at which the line is broken. */
static void put_part(struct buf *to, const char *indent, const char *line, size_t n)
{
	buf_fmt(to, "%s%.*s\n", indent, (int)(n && line[n - 1] == ' ' ? n - 1 : n), line);
}

/* A line, or several: those that follow are indented. */
static void put_wrapped(struct buf *to, const char *line)
{
	static const char indent[INDENT + 1] = "        ";
	size_t n = part_of(line, COLUMNS);

	put_part(to, "", line, n);
	for (line += n; *line; line += n) {
		n = part_of(line, COLUMNS - INDENT);
		put_part(to, indent, line, n);
	}
}

static void put_call(struct buf *to, const char *result, const char *fmt, va_list ap)
{
	own_str char *call = NULL, *shown = NULL, *line = NULL;

	if (vasprintf(&call, fmt, ap) < 0)
		abort();
	shown = str_printable(call);
	line = str_fmt("%s: %s%s%s%s%s", program_name, stage_name ? "[" : "",
		       stage_name ? stage_name : "", stage_name ? "] " : "", shown, result);
	put_wrapped(to, line);
}

static void put_same(struct buf *to, const char *prefix, const char *lines)
{
	own_buf struct buf wrapped = {0}, whole = {0};
	size_t n;

	for (; *prefix && lines && *lines; lines += n + (lines[n] == '\n')) {
		n = strcspn(lines, "\n");
		buf_fmt(&whole, "%s%.*s\n", prefix, (int)n, lines);
	}
	if (whole.len)
		lines = whole.data;
	if (!lines || !*lines)
		return;
	shellwrap(&wrapped, lines, COLUMNS - (int)strlen(same));
	for (lines = wrapped.data; *lines; lines += n + 1) {
		n = strcspn(lines, "\n");
		buf_fmt(to, "%s%.*s\n", same, (int)n, lines);
	}
}

static char *result_text(long result, int error)
{
	const char *name = strerrorname_np(error);

	if (result != -1)
		return str_fmt(" = %ld", result);
	return str_fmt(" = -1 %s (%s)", name ? name : "?", strerror(error));
}

static void tell(const char *prefix, const char *shell, const char *result, const char *fmt,
		 va_list ap)
{
	own_buf struct buf text = {0};

	put_call(&text, result, fmt, ap);
	put_same(&text, prefix, shell);
	say(explain_fd, &text);
}

void explain_result(long result, const char *fmt, ...)
{
	int saved = errno;
	own_str char *shown = result_text(result, saved);
	va_list ap;

	va_start(ap, fmt);
	tell("", NULL, shown, fmt, ap);
	va_end(ap);
	errno = saved;
}

void explain_call(const char *shell, long result, const char *fmt, ...)
{
	int saved = errno;
	own_str char *shown = result_text(result, saved);
	va_list ap;

	if (explain_fd < 0)
		return;
	va_start(ap, fmt);
	tell(within, result == -1 ? NULL : shell, shown, fmt, ap);
	va_end(ap);
	errno = saved;
}

void explain_note(const char *shell, const char *fmt, ...)
{
	va_list ap;

	if (explain_fd < 0)
		return;
	va_start(ap, fmt);
	tell("", shell, "", fmt, ap);
	va_end(ap);
}

mode_t explain_umask(mode_t mask)
{
	mode_t old = umask(mask);

	explain_note(NULL, "umask(0%o) = 0%o", mask, old);
	return old;
}

void explain_same(const char *lines)
{
	own_buf struct buf text = {0};
	int saved = errno;

	if (explain_fd < 0)
		return;
	put_same(&text, "", lines);
	say(explain_fd, &text);
	errno = saved;
}

void explain_brief(const char *line)
{
	own_buf struct buf text = {0};

	if (brief_fd < 0)
		return;
	buf_fmt(&text, "%s: %s\n", program_name, line);
	say(brief_fd, &text);
}
