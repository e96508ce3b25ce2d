#include "store/layerstore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "kernel/subvol.h"
#include "store/draft.h"

static const char dir_name[] = "layers";

static int open_dir(const struct store *s, struct err *e)
{
	int fd = openat(s->root, dir_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s/%s", s->root_path, dir_name) : fd;
}

int layerstore_hold(const struct store *s, struct err *e)
{
	own_fd int fd = -1;

	/* The directory is made with the store's first layer. */
	if (mkdirat(s->root, dir_name, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "%s/%s", s->root_path, dir_name);
	fd = open_dir(s, e);
	if (fd < 0)
		return -1;
	while (flock(fd, LOCK_SH) < 0)
		if (errno != EINTR)
			return err_sys(e, "lock %s/%s", s->root_path, dir_name);
	return take_fd(&fd);
}

bool layerstore_have(const struct store *s, const char *chain)
{
	own_str char *path = str_fmt("%s/%s", dir_name, chain);

	return faccessat(s->root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int layerstore_snapshot(const struct store *s, const char *chain, const struct draft *d,
			struct err *e)
{
	own_str char *path = chain ? str_fmt("%s/%s/rootfs", dir_name, chain) : NULL;
	own_fd int fd = -1;

	if (chain) {
		fd = openat(s->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? err_sys(e, "%s", path)
			      : subvol_snapshot(fd, d->dir, "rootfs", false, e);
	}
	if (subvol_create(d->dir, "rootfs", e) < 0)
		return -1;
	/* The mode of a root directory that no layer describes, independent of our umask. */
	return fchmodat(d->dir, "rootfs", 0755, 0) < 0 ? err_sys(e, "%s/rootfs", d->name) : 0;
}

static int list_used(const struct store *s, struct strv *used, struct err *e)
{
	own_strv struct strv ids = {0};

	if (store_list(s, "img", &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_str char *path = str_fmt("%s/config", ids.v[i]);
		own_record struct record config = {0};

		if (record_read(s->root, path, &config, e) < 0) {
			if (e->sys == ENOENT) /* removed meanwhile */
				continue;
			return -1;
		}
		record_get_list(&config, "layer", used);
	}
	return 0;
}

/* Hides the layer in one step first, so that it is complete or absent. */
static int remove_layer(const struct store *s, int dir, const char *chain, struct err *e)
{
	struct draft d;
	int r;

	if (draft_begin(s, &d, e) < 0)
		return e->sys == ENOSPC || e->sys == EDQUOT ? subvol_erase(dir, chain, e) : -1;
	r = renameat(dir, chain, d.dir, "gone") < 0 ? err_sys(e, "remove layer %s", chain) : 0;
	draft_drop(s, &d);
	return r;
}

static int remove_unused(const struct store *s, int dir, struct err *e)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = again < 0 ? NULL : fdopendir(again);
	own_strv struct strv used = {0};
	struct dirent *entry;

	if (!d)
		return err_sys(e, "%s", dir_name);
	if (list_used(s, &used, e) < 0)
		return -1;
	while ((errno = 0, entry = readdir(d)))
		if (entry->d_name[0] != '.' && !strv_has(&used, entry->d_name) &&
		    remove_layer(s, dir, entry->d_name, e) < 0)
			return -1;
	return errno ? err_sys(e, "%s", dir_name) : 0;
}

int layerstore_collect(const struct store *s, struct err *e)
{
	own_fd int dir = s->root < 0 ? -1 : open_dir(s, e);

	if (dir < 0)
		return s->root < 0 || e->sys == ENOENT ? 0 : -1;
	while (flock(dir, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return 0;
		if (errno != EINTR)
			return err_sys(e, "lock %s/%s", s->root_path, dir_name);
	}
	return remove_unused(s, dir, e);
}
