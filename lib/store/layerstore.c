#include "store/layerstore.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/partstore.h"

static const char dir_name[] = "layers";

/* Hides the layer in one step first, so that it is complete or absent. */
static int remove_layer(const struct store *s, const char *chain, struct err *e)
{
	own_str char *path = str_fmt("%s/%s", dir_name, chain);
	struct draft d;
	int r;

	if (draft_begin(s, &d, e) < 0)
		return e->sys == ENOSPC || e->sys == EDQUOT ? subvol_erase(s->root, path, e) : -1;
	r = renameat(s->root, path, d.dir, "gone") < 0 ? err_sys(e, "remove layer %s", chain) : 0;
	draft_drop(s, &d);
	return r;
}

static const struct partstore layers = {.dir = dir_name, .part = "layer", .remove = remove_layer};

int layerstore_hold(const struct store *s, struct err *e)
{
	return partstore_hold(s, &layers, e);
}

bool layerstore_have(const struct store *s, const char *chain)
{
	own_str char *path = str_fmt("%s/%s", dir_name, chain);

	return faccessat(s->root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int layerstore_rootfs(const struct store *s, const char *chain, struct err *e)
{
	own_str char *path = str_fmt("%s/%s/rootfs", dir_name, chain);
	int fd = openat(s->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s", path) : fd;
}

int layerstore_blob(const struct store *s, const char *chain, char digest[DIGEST_LEN],
		    struct err *e)
{
	own_str char *path = str_fmt("%s/%s/" LAYERSTORE_BLOB, dir_name, chain);
	own_str char *config = str_fmt("%s/%s/config", dir_name, chain);
	own_fd int fd = openat(s->root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	own_record struct record r = {0};
	const char *is;

	if (fd < 0)
		return err_sys(e, "%s", path);
	if (record_read(s->root, config, &r, e) < 0)
		return -1;
	is = record_get(&r, "blob");
	if (!is || !digest_is(is))
		return err_set(e, "%s: no digest of its file", config);
	memcpy(digest, is, DIGEST_LEN);
	return take_fd(&fd);
}

int layerstore_snapshot(const struct store *s, const char *chain, const struct draft *d,
			struct err *e)
{
	own_fd int fd = -1;

	if (chain) {
		fd = layerstore_rootfs(s, chain, e);
		return fd < 0 ? -1 : subvol_snapshot(fd, d->dir, "rootfs", false, e);
	}
	if (subvol_create(d->dir, "rootfs", e) < 0)
		return -1;
	/* The mode of a root directory that no layer describes, independent of our umask. */
	return fchmodat(d->dir, "rootfs", 0755, 0) < 0 ? err_sys(e, "%s/rootfs", d->name) : 0;
}

int layerstore_collect(const struct store *s, struct err *e)
{
	return partstore_collect(s, &layers, NULL, e) < 0 ? -1 : 0;
}
