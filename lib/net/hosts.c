#include "net/hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/record.h"
#include "net/etcdir.h"

enum { FILE_MAX = 1 << 20 };

static int read_names(const struct network *n, struct record *r, struct err *e)
{
	if (record_read(n->dir, "hosts", r, e) == 0 || e->sys == ENOENT)
		return 0;
	return err_wrap(e, "network %s", n->name);
}

int hosts_of_others(const struct network *n, const char *id, struct buf *out, struct err *e)
{
	own_record struct record r = {0};

	if (read_names(n, &r, e) < 0)
		return -1;
	buf_str(out, "");
	for (size_t i = 0; i < r.keys.n; i++)
		if (strcmp(r.keys.v[i], id) != 0)
			buf_fmt(out, "%s\n", r.values.v[i]);
	return 0;
}

/* Finds a complete line ("...\n") in the text, or NULL. */
static char *find_line(const struct buf *text, const char *line)
{
	char *at = text->data;

	while ((at = strstr(at, line)) && at != text->data && at[-1] != '\n')
		at++;
	return at;
}

static void change_line(struct buf *text, const char *line, bool add)
{
	size_t len = strlen(line);
	char *at = find_line(text, line);

	if (add && !at) {
		buf_str(text, text->len && text->data[text->len - 1] != '\n' ? "\n" : "");
		buf_str(text, line);
	} else if (!add && at) {
		text->len -= len;
		memmove(at, at + len, strlen(at + len) + 1);
	}
}

/* Rewrites the file in place, because it is mounted, and only from the first difference on: a
 * concurrent reader never finds it empty. */
static int update(int dir, const struct buf *old, const struct buf *new)
{
	own_fd int fd = openat(dir, "hosts", O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	size_t same = 0;

	while (same < old->len && same < new->len && old->data[same] == new->data[same])
		same++;
	if (fd < 0 || lseek(fd, (off_t)same, SEEK_SET) < 0 ||
	    fd_write_all(fd, new->data + same, new->len - same) < 0)
		return -1;
	return new->len < old->len ? ftruncate(fd, (off_t) new->len) : 0;
}

void hosts_change(const struct store *s, const char *id, const char *lines, bool add)
{
	own_buf struct buf old = {0}, new = {0};
	own_fd int dir = -1;
	struct err ignored;

	if (!*lines)
		return;
	dir = etcdir_open(s, id, "hosts", &ignored);
	if (dir < 0 || file_read(dir, "hosts", FILE_MAX, &old, &ignored) < 0)
		return;
	buf_str(&new, old.data);
	while (*lines) {
		own_str char *line = str_dup_n(lines, strcspn(lines, "\n") + 1);

		change_line(&new, line, add);
		lines += strlen(line);
	}
	/* The container can make this fail (by a lease, fcntl(2), or a full file system). That must
	 * not fail the other container's command. */
	update(dir, &old, &new);
}

/* The same for all members of a network except one. */
static int change_others(const struct store *s, const struct network *n, const char *id,
			 const char *lines, bool add, struct err *e)
{
	own_strv struct strv ids = {0};

	if (network_members(s, n, &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++)
		if (strcmp(ids.v[i], id) != 0)
			hosts_change(s, ids.v[i], lines, add);
	return 0;
}

/* Removes the container's line from the record; `line` receives it. */
static int read_without(const struct network *n, const char *id, struct record *r, char **line,
			struct err *e)
{
	if (read_names(n, r, e) < 0)
		return -1;
	if (record_get(r, id))
		*line = str_fmt("%s\n", record_get(r, id));
	record_drop(r, id);
	return 0;
}

int hosts_tell(const struct store *s, const struct network *n, const char *id,
	       struct in_addr address, const char *name, struct err *e)
{
	own_str char *old = NULL, *value = NULL, *line = NULL;
	own_record struct record r = {0};
	char text[INET_ADDRSTRLEN];

	if (read_without(n, id, &r, &old, e) < 0)
		return -1;
	inet_ntop(AF_INET, &address, text, sizeof(text));
	value = str_fmt("%s\t%s", text, name);
	line = str_fmt("%s\n", value);
	record_add(&r, id, value);
	if (record_write(n->dir, "hosts", &r, e) < 0)
		return err_wrap(e, "network %s", n->name);
	return change_others(s, n, id, line, true, e);
}

int hosts_untell(const struct store *s, const struct network *n, const char *id, struct err *e)
{
	own_record struct record r = {0};
	own_str char *line = NULL;

	if (read_without(n, id, &r, &line, e) < 0)
		return -1;
	if (!line) {
		/* The container may have been killed while it wrote the record. */
		file_sweep_one(n->dir, "hosts");
		return 0;
	}
	/* The files are changed before the record: while the line is on record, the removal can be
	 * repeated. */
	if (change_others(s, n, id, line, false, e) < 0)
		return -1;
	if (!r.keys.n)
		return unlinkat(n->dir, "hosts", 0) < 0 ? err_sys(e, "network %s", n->name) : 0;
	return record_write(n->dir, "hosts", &r, e) < 0 ? err_wrap(e, "network %s", n->name) : 0;
}
