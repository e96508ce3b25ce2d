#include "store/partstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/record.h"

int partstore_open(const struct store *s, const struct partstore *p, struct err *e)
{
	int fd = openat(s->root, p->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s/%s", s->root_path, p->dir) : fd;
}

static int lock_failed(const struct store *s, const struct partstore *p, struct err *e)
{
	return err_sys(e, "lock %s/%s", s->root_path, p->dir);
}

int partstore_hold(const struct store *s, const struct partstore *p, struct err *e)
{
	own_fd int fd = -1;

	if (mkdirat(s->root, p->dir, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "%s/%s", s->root_path, p->dir);
	fd = partstore_open(s, p, e);
	if (fd < 0)
		return -1;
	return lock_fd(fd, LOCK_SH) < 0 ? lock_failed(s, p, e) : take_fd(&fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The parts that images list, sorted. */
static int list_used(const struct store *s, const char *part, struct strv *used, struct err *e)
{
	own_strv struct strv ids = {0};

	if (store_list(s, "img", &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_str char *path = str_fmt("%s/config", ids.v[i]);
		own_record struct record config = {0};

		if (record_read(s->root, path, &config, e) == 0)
			record_get_list(&config, part, used);
		else if (e->sys != ENOENT) /* removed meanwhile */
			return -1;
	}
	strv_sort(used, 0);
	return 0;
}

static bool is_listed(const struct strv *sorted, const char *key)
{
	return sorted->n && bsearch(&key, sorted->v, sorted->n, sizeof(*sorted->v), by_name);
}

static int remove_unused(const struct store *s, const struct partstore *p, int dir,
			 struct strv *removed, struct err *e)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = again < 0 ? NULL : fdopendir(again);
	own_strv struct strv used = {0};
	struct dirent *entry;

	if (!d)
		return err_sys(e, "%s", p->dir);
	if (list_used(s, p->part, &used, e) < 0)
		return -1;
	while ((errno = 0, entry = readdir(d))) {
		if (entry->d_name[0] == '.' || is_listed(&used, entry->d_name))
			continue;
		if (p->remove(s, entry->d_name, e) < 0)
			return -1;
		if (removed)
			strv_add(removed, entry->d_name);
	}
	return errno ? err_sys(e, "%s", p->dir) : 0;
}

int partstore_collect(const struct store *s, const struct partstore *p, struct strv *removed,
		      struct err *e)
{
	own_fd int dir = s->root < 0 ? -1 : partstore_open(s, p, e);

	if (dir < 0)
		return s->root < 0 || e->sys == ENOENT ? 0 : -1;
	if (lock_fd(dir, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 1 : lock_failed(s, p, e);
	return remove_unused(s, p, dir, removed, e);
}
