#include "run/mountsource.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "container/devnode.h"
#include "container/etc.h"
#include "container/mountspec.h"
#include "kernel/mountspread.h"
#include "store/volstore.h"

/* The entry whose mounts are being made, and the callback for them. */
struct making {
	struct run *r;
	const struct fsentry *entry;
	mount_give *give;
	void *arg;
};

/* The user namespace for idmapped mounts; -1: none. */
static int mapping(const struct making *m)
{
	return m->entry->mapped && m->r->map.n && !m->r->mounts_in_child ? m->r->userns : -1;
}

static bool is_kernels(const char *path)
{
	return fsentry_contains("/proc", path) || fsentry_contains("/sys", path) ||
		fsentry_contains("/dev", path);
}

/* Handles one mount of a source: the first one, or one below it. */
static int give_part(void *making, int mount, const char *below, struct err *e)
{
	const struct making *m = making;
	const struct fsentry *entry = m->entry;
	own_fd int fd = mount;

	/* Skips these directories, because the container has its own /proc, /sys and /dev. */
	if (entry->phase == FSENTRY_ROOT && is_kernels(below))
		return 0;
	if (entry->attrs &&
	    mount_set(fd, entry->attrs, entry->recursive, *below ? below : entry->target, e) < 0)
		return -1;
	return m->give(m->arg, take_fd(&fd), below, e);
}

/* Makes the mounts of a host path and of the mounts below it. */
static int open_path(struct making *m, struct err *e)
{
	own_strv struct strv skipped = {0};
	struct run *r = m->r;

	if (m->entry->propagation) {
		own_fd int fd = mountspread_copy(m->entry->source, m->entry->propagation,
						 m->entry->propagation_all, mapping(m), &skipped,
						 e);

		if (fd < 0 || give_part(m, take_fd(&fd), "", e) < 0)
			return -1;
	} else if (mount_copy_mapped(m->entry->source, mapping(m), give_part, m, &skipped, e) < 0) {
		return -1;
	}
	if (m->entry->phase == FSENTRY_ROOT && r->store && strv_has(&skipped, m->entry->source))
		return err_set(
			e, "%s: its file system cannot map owners (--userns host would do without)",
			m->entry->source);
	for (size_t i = 0; i < skipped.n; i++)
		strv_take(r->notes,
			  str_fmt("%s: its file system cannot map owners: bound as it is, nosuid",
				  skipped.v[i]));
	return 0;
}

/* Opens a directory of the store: the container's root, an image volume, or a named volume. */
static int open_stored(struct making *m, struct err *e)
{
	const struct fsentry *entry = m->entry;
	bool named = entry->from == FSENTRY_VOLUME;
	own_fd int volume = -1, fd = -1;

	if (named) {
		volume = volstore_open(m->r->store, entry->source, m->r->rootfs,
				       entry->no_copy ? NULL : entry->target, e);
		if (volume < 0)
			return -1;
	}
	fd = mount_copy(named ? volume : m->r->home, named ? "" : entry->source, false, e);
	if (fd < 0 || (mapping(m) >= 0 && mount_idmap(fd, m->r->userns, entry->target, e) < 0))
		return err_wrap(e, "%s", entry->target);
	return give_part(m, take_fd(&fd), "", e);
}

/* Gives the file system with the files of /etc, from which the first process mounts each file
 * (treeetc.h), and the files that are shared with another container. */
static int open_etc(struct making *m, struct err *e)
{
	struct run_supervisor *own = &m->r->supervisor;
	int fd;

	if (m->entry->kind == FSENTRY_FILES) {
		fd = fcntl(own->etc, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? err_sys(e, "/etc") : m->give(m->arg, fd, "", e);
	}
	for (size_t i = 0; i < ETC_FILES; i++)
		if (own->shared_etc[i] >= 0 && str_equal(etc_files[i], m->entry->source))
			return give_part(m, take_fd(&own->shared_etc[i]), "", e);
	return 0;
}

/* A bind mount of an OCI bundle, with all its options. */
static int open_listed(struct making *m, struct err *e)
{
	const struct bundle_mount *b = m->entry->mount;
	own_fd int fd = mount_clone(AT_FDCWD, b->source, b->flags.recursive, e), users = -1;

	if (fd < 0)
		return -1;
	if (b->flags.map || b->uids.n) {
		users = b->uids.n ? idmap_namespace(&b->uids, &b->gids, e)
				  : fcntl(m->r->userns, F_DUPFD_CLOEXEC, 3);
		if (users < 0)
			return b->uids.n ? -1 : err_set(e, "mount %s: no ID map for it", b->target);
		if ((b->flags.map_all ? mount_idmap_all(fd, users, b->target, e)
				      : mount_idmap(fd, users, b->target, e)) < 0)
			return -1;
	}
	if (mount_apply(fd, &b->flags, b->target, e) < 0)
		return -1;
	return m->give(m->arg, take_fd(&fd), "", e);
}

/* The host ids of an owner in the container, or those of its root. */
static int open_listed_device(struct making *m, struct err *e)
{
	const struct bundle_device *d = m->entry->device;
	const struct idmap *gids = m->r->plan->bundle->gids.n ? &m->r->plan->bundle->gids
							      : &m->r->map;
	int fd =
		devnode_mount(d, idmap_outside(&m->r->map, d->uid), idmap_outside(gids, d->gid), e);

	return fd < 0 ? -1 : m->give(m->arg, fd, "", e);
}

static int open_device(struct making *m, struct err *e)
{
	uint32_t root = idmap_root(&m->r->map);
	int fd = mountspec_mount_device(m->entry->source, root, root, e);

	return fd < 0 ? -1 : m->give(m->arg, fd, "", e);
}

int mountsource_open(struct run *r, const struct fsentry *entry, mount_give *give, void *arg,
		     struct err *e)
{
	struct making m = {.r = r, .entry = entry, .give = give, .arg = arg};

	if (entry->phase == FSENTRY_LISTED)
		return entry->device ? open_listed_device(&m, e) : open_listed(&m, e);
	if (entry->kind == FSENTRY_DEVICE)
		return open_device(&m, e);
	switch (entry->from) {
	case FSENTRY_STATE:
		return open_etc(&m, e);
	case FSENTRY_HOST:
		return open_path(&m, e);
	case FSENTRY_OTHER:
		if (r->supervisor.shared_shm < 0)
			return err_set(e, "%s: not shared", entry->target);
		return give_part(&m, take_fd(&r->supervisor.shared_shm), "", e);
	default:
		return open_stored(&m, e);
	}
}
