#include "run/envfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

/* Far more than execve(2) accepts (a quarter of the stack's limit). */
enum { ENVFILE_MAX = 16 << 20 };

/* Reads to the end, or fails: missing variables of a partly read file would go unnoticed. Pipes
 * work, too. */
static int read_all(const char *path, struct buf *text, struct err *e)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char chunk[16384];
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "%s", path);
	buf_str(text, "");
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "%s", path);
		buf_add(text, chunk, (size_t)n);
		if (text->len > ENVFILE_MAX) {
			errno = EFBIG;
			return err_sys(e, "%s", path);
		}
	}
	return 0;
}

/* Reads a line without its newline; it may contain no setting. */
static int read_line(char *line, struct strv *settings, struct err *e)
{
	size_t len = strlen(line), name;

	if (len && line[len - 1] == '\r')
		line[len - 1] = '\0';
	line += strspn(line, " \t\r\v\f");
	if (*line == '\0' || *line == '#')
		return 0;
	name = strcspn(line, "=");
	if (name == 0)
		return err_set(e, "%s: not NAME=VALUE or NAME", line);
	if (strcspn(line, " \t\r\v\f") < name)
		return err_set(
			e, "%s: the name of a variable has no blanks (no \"export\", no \"X = 1\")",
			line);
	strv_add(settings, line);
	return 0;
}

int envfile_read(const char *path, struct strv *settings, struct err *e)
{
	static const char mark[] = "\xef\xbb\xbf"; /* U+FEFF, the byte order mark of some editors */
	own_buf struct buf text = {0};
	char *rest, *line;

	if (read_all(path, &text, e) < 0)
		return -1;
	rest = text.data + (str_starts(text.data, mark) ? strlen(mark) : 0);
	for (unsigned n = 1; (line = strsep(&rest, "\n")); n++) {
		/* strsep(3) stops at a NUL byte, too, and would ignore the rest. */
		if (!rest && line + strlen(line) < text.data + text.len)
			return err_set(e, "%s: line %u: a byte 0, so not a text (UTF-16?)", path,
				       n);
		if (read_line(line, settings, e) < 0)
			return err_wrap(e, "%s: line %u", path, n);
	}
	return 0;
}
