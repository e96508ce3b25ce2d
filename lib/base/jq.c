#include "base/jq.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/record.h"

static const struct {
	const char *name, *text;
} filters[] = {
#include "jq-filters.h"
};

/*
 * --slurpfile opens this path anew and so reads the document from its start, although jq
 * also has it as stdin.
 */
static const char document[] = "/proc/self/fd/0";

/* A record of this size, escaped once more, is still within the limit of record_read. */
static const struct proc_limits limits = {.memory = 512 << 20, .seconds = 10, .output = 3 << 20};

static const char *filter_text(const char *name)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (strcmp(filters[i].name, name) == 0)
			return filters[i].text;
	abort();
}

/*
 * jq replaces invalid UTF-8 by U+FFFD. A NUL ends the string for some readers
 * and not for others.
 */
static const char *check_text(const char *text, size_t n)
{
	uint32_t c;

	if (strlen(text) != n)
		return "not JSON: a NUL byte";
	for (size_t len; *text; text += len) {
		len = str_utf8(text, &c);
		if (len == 0)
			return "not JSON: not UTF-8";
		if (*text == '\\' && str_starts(text + 1, "u0000"))
			return "NUL in a string";
		if (*text == '\\' && text[1] == '\\')
			len = 2;
	}
	return NULL;
}

static int make_file(const char *text, size_t n, struct err *e)
{
	own_fd int fd = memfd_create("json", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, text, n) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "copy the document into memory");
	return take_fd(&fd);
}

static int run(const char *filter, const char *const *args, int fd, struct buf *out,
	       struct buf *why, struct err *e)
{
	static const char *const options[] = {"jq",          "-n",  "-r",    "--stream",
					      "--slurpfile", "doc", document};
	own_strv struct strv argv = {0};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		strv_add(&argv, options[i]);
	for (; args && *args; args += 2) {
		strv_add(&argv, "--arg");
		strv_add(&argv, args[0]);
		strv_add(&argv, args[1]);
	}
	strv_take(&argv, str_fmt("%s%s| record", filter_text("prelude"), filter_text(filter)));
	buf_str(out, "");
	buf_str(why, "");
	return proc_run_limited(argv.v, fd, &limits, out, why, e);
}

/* Turns jq's own message into an error, without positions in the document and the filter. */
static int explain(int status, char *said, const char *what, struct err *e)
{
	static const char error[] = "jq: error (at ";
	size_t n = strlen(said);
	char *why;

	if (status == 127)
		return err_set(e, "jq: not found (install the package jq)");
	if (status > 128)
		return err_set(e, "%s: jq exceeds its limit of memory (512 MiB) or CPU time (10 s)",
			       what);
	while (n && said[n - 1] == '\n')
		said[--n] = '\0';
	if (str_starts(said, error) && (why = strstr(said, "): ")))
		return err_set(e, "%s: %.300s", what, why + 3);
	why = strstr(said, document);
	if (why)
		return err_set(e, "%s: not JSON: %.300s", what, why + sizeof(document) + 1);
	return err_set(e, "%s: %.300s", what, said);
}

int jq_read(const char *filter, const char *const *args, const void *json, size_t n,
	    const char *what, struct record *out, struct err *e)
{
	own_str char *text = str_dup_n(n ? json : "", n);
	const char *bad = check_text(text, n);
	own_buf struct buf lines = {0}, why = {0};
	own_fd int fd = -1;
	int status;

	if (bad)
		return err_set(e, "%s: %s", what, bad);
	fd = make_file(text, n, e);
	if (fd < 0)
		return err_wrap(e, "%s", what);
	status = run(filter, args, fd, &lines, &why, e);
	if (status < 0)
		return err_wrap(e, "%s", what);
	if (lines.len == limits.output)
		return err_set(e, "%s: too large (more than 3 MiB of values)", what);
	if (status > 0)
		return explain(status, why.data, what, e);
	return record_parse(&lines, what, out, e);
}
