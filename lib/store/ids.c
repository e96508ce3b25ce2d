#include "store/ids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/own.h"

enum { ID_DIGITS = 18 }; /* leaves room in a uint64_t to count on */

const char *const ids_kinds[] = {"img", "ps", "vol", NULL};
enum { KINDS = 3, LINE = KINDS * 20, FILE_BLOCK = 4096 };

bool id_is(const char *s, const char *kind)
{
	size_t n = strlen(kind), digits;

	if (strncmp(s, kind, n) != 0 || s[n] != '_')
		return false;
	s += n + 1;
	digits = strspn(s, "0123456789");
	return s[0] != '0' && digits >= 1 && digits <= ID_DIGITS && s[digits] == '\0';
}

const char *id_kind(const char *s)
{
	for (const char *const *kind = ids_kinds; *kind; kind++)
		if (id_is(s, *kind))
			return *kind;
	return NULL;
}

static uint64_t id_number(const char *id)
{
	return strtoull(strchr(id, '_') + 1, NULL, 10);
}

int ids_compare(const char *a, const char *b)
{
	uint64_t x = id_number(a), y = id_number(b);

	return x < y ? -1 : x > y;
}

static int compare_ids(const void *a, const void *b)
{
	return ids_compare(*(char *const *)a, *(char *const *)b);
}

int ids_list(int dir, const char *kind, struct strv *ids, struct err *e)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t before = ids->n;
	struct dirent *entry;

	if (!d)
		return err_sys(e, "list %ss", kind);
	while ((errno = 0, entry = readdir(d)))
		if (id_is(entry->d_name, kind))
			strv_add(ids, entry->d_name);
	if (errno)
		return err_sys(e, "list %ss", kind);
	if (ids->n > before)
		qsort(ids->v + before, ids->n - before, sizeof(*ids->v), compare_ids);
	return 0;
}

/* --- the file `counters` --- */

struct counters {
	uint64_t next[KINDS];  /* 0: unknown */
	uint64_t bound[KINDS]; /* 0: none (file of an earlier version) */
};

static bool parse_line(const char *text, uint64_t n[KINDS])
{
	char line[LINE + 1] = "";
	int used = 0;

	strncpy(line, text, LINE);
	if (sscanf(line, "%19" SCNu64 " %19" SCNu64 " %19" SCNu64 "\n%n", &n[0], &n[1], &n[2],
		   &used) == KINDS &&
	    used == LINE && n[0] >= ID_FIRST && n[1] >= ID_FIRST && n[2] >= ID_FIRST)
		return true;
	memset(n, 0, KINDS * sizeof(*n));
	return false;
}

/*
 * Reserves a block for a new file that is overwritten in place (no copy on write), so that even
 * a full store can be brought up to be emptied.
 */
static int reserve_block(int fd, struct err *e)
{
	int no_cow = FS_NOCOW_FL;

	ioctl(fd, FS_IOC_SETFLAGS, &no_cow); /* file systems without this flag work too */
	return fallocate(fd, 0, 0, FILE_BLOCK) < 0 ? err_sys(e, "counters: reserve a block") : 0;
}

static int read_counters(int fd, struct counters *c, struct err *e)
{
	char text[2 * LINE + 1] = "";
	ssize_t n = pread(fd, text, 2 * LINE, 0);

	if (n < 0)
		return err_sys(e, "read counters");
	if (n == 0 && reserve_block(fd, e) < 0)
		return -1;
	parse_line(text, c->next);
	parse_line(text + LINE, c->bound);
	return 0;
}

/* Writes only one line: the other one is written to disk at another time. */
static int write_line(int fd, const uint64_t n[KINDS], off_t at, struct err *e)
{
	char text[LINE + 2];

	snprintf(text, sizeof(text), "%19" PRIu64 " %19" PRIu64 " %19" PRIu64 "\n", n[0], n[1],
		 n[2]);
	if (pwrite(fd, text, LINE, at) != LINE)
		return err_sys(e, "write counters");
	return 0;
}

static int write_next(int fd, const struct counters *c, struct err *e)
{
	return write_line(fd, c->next, 0, e);
}

static int write_bound(int fd, const struct counters *c, struct err *e)
{
	return write_line(fd, c->bound, LINE, e);
}

/* Opens and locks the file. The lock serialises all callers that need a number. */
static int open_counters(int root, struct err *e)
{
	own_fd int fd = openat(root, "counters", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_sys(e, "counters");
	return lock_fd(fd, LOCK_EX) < 0 ? err_sys(e, "lock counters") : take_fd(&fd);
}

/* Never assigns an existing number again, whatever the file says. */
static int raise_above_existing(int root, uint64_t next[KINDS], struct err *e)
{
	for (int k = 0; k < KINDS; k++) {
		own_strv struct strv ids = {0};

		if (ids_list(root, ids_kinds[k], &ids, e) < 0)
			return -1;
		if (next[k] < ID_FIRST)
			next[k] = ID_FIRST;
		if (ids.n && id_number(ids.v[ids.n - 1]) >= next[k])
			next[k] = id_number(ids.v[ids.n - 1]) + 1;
	}
	return 0;
}

static void raise_to_bounds(struct counters *c)
{
	for (int k = 0; k < KINDS; k++)
		if (c->next[k] < c->bound[k])
			c->next[k] = c->bound[k];
}

/* Moves the bounds of all kinds: one sync suffices for all. */
static int move_bounds(int fd, struct counters *c, struct err *e)
{
	struct counters was = *c;
	struct err ignored;

	for (int k = 0; k < KINDS; k++)
		c->bound[k] = c->next[k] + ID_BLOCK;
	if (write_bound(fd, c, e) < 0)
		return -1;
	if (fsync(fd) == 0)
		return 0;
	err_sys(e, "write counters to disk");
	write_bound(fd, &was, &ignored); /* otherwise the next caller would take it for synced */
	return -1;
}

static int give(int root, int fd, int k, uint64_t *number, struct err *e)
{
	struct counters c = {0};

	if (read_counters(fd, &c, e) < 0)
		return -1;
	if (c.next[k] == 0) {
		raise_to_bounds(&c);
		if (raise_above_existing(root, c.next, e) < 0)
			return -1;
	}
	if (c.next[k] >= c.bound[k] && move_bounds(fd, &c, e) < 0)
		return -1;
	*number = c.next[k]++;
	return write_next(fd, &c, e);
}

int ids_next(int root, const char *kind, char id[ID_LEN], struct err *e)
{
	own_fd int fd = open_counters(root, e);
	uint64_t number;
	int k = 0;

	while (strcmp(ids_kinds[k], kind) != 0)
		k++;
	if (fd < 0 || give(root, fd, k, &number, e) < 0)
		return err_wrap(e, "new %s id", kind);
	snprintf(id, ID_LEN, "%s_%" PRIu64, kind, number);
	return 0;
}

int ids_after_boot(int root, struct err *e)
{
	own_fd int fd = open_counters(root, e);
	struct counters c = {0}, was;

	if (fd < 0 || read_counters(fd, &c, e) < 0)
		return -1;
	was = c;
	raise_to_bounds(&c);
	if (raise_above_existing(root, c.next, e) < 0)
		return -1;
	return memcmp(&was, &c, sizeof(c)) != 0 ? write_next(fd, &c, e) : 0;
}

int ids_settle(int root, struct err *e)
{
	own_fd int fd = open_counters(root, e);
	struct counters c = {0};

	if (fd < 0 || read_counters(fd, &c, e) < 0)
		return -1;
	if (!c.next[0] || !c.bound[0])
		return 0;
	memcpy(c.bound, c.next, sizeof(c.bound));
	return write_bound(fd, &c, e);
}
