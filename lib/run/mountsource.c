#include "run/mountsource.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "container/etc.h"
#include "container/mountspec.h"
#include "store/volstore.h"

/* An entry whose mounts are being made, and who gets them. */
struct making {
	struct run *r;
	const struct fsentry *entry;
	mount_give *give;
	void *arg;
};

/* The user namespace that owners are mapped through; -1: none. */
static int mapping(const struct making *m)
{
	return m->entry->mapped && m->r->map.n && !m->r->mounts_in_child ? m->r->userns : -1;
}

static bool is_kernels(const char *path)
{
	return fsentry_contains("/proc", path) || fsentry_contains("/sys", path) ||
		fsentry_contains("/dev", path);
}

/* A part of a source: its first mount, or one below that. */
static int give_part(void *making, int mount, const char *below, struct err *e)
{
	const struct making *m = making;
	const struct fsentry *entry = m->entry;
	own_fd int fd = mount;

	/* The container has its own /proc, /sys and /dev. */
	if (entry->phase == FSENTRY_ROOT && is_kernels(below))
		return 0;
	if (entry->attrs &&
	    mount_set(fd, entry->attrs, entry->recursive, *below ? below : entry->target, e) < 0)
		return -1;
	return m->give(m->arg, take_fd(&fd), below, e);
}

/* A path of the host's, with what is mounted below it. */
static int open_path(struct making *m, struct err *e)
{
	own_strv struct strv skipped = {0};
	struct run *r = m->r;

	if (mount_copy_mapped(m->entry->source, mapping(m), give_part, m, &skipped, e) < 0)
		return -1;
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

/* A directory of the store: the container's root or a volume of its own, or a named volume. */
static int open_stored(struct making *m, struct err *e)
{
	const struct fsentry *entry = m->entry;
	bool named = entry->from == FSENTRY_VOLUME;
	own_fd int volume = -1, fd = -1;

	if (named) {
		volume = volstore_open(m->r->store, entry->source, m->r->rootfs, entry->target, e);
		if (volume < 0)
			return -1;
	}
	fd = mount_copy(named ? volume : m->r->home, named ? "" : entry->source, false, e);
	if (fd < 0 || (mapping(m) >= 0 && mount_idmap(fd, m->r->userns, entry->target, e) < 0))
		return err_wrap(e, "%s", entry->target);
	return give_part(m, take_fd(&fd), "", e);
}

/* The file system of the files of /etc, of which the first process takes each (treeetc.h); and
 * those of another container that this one shares. */
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

	if (entry->kind == FSENTRY_DEVICE)
		return open_device(&m, e);
	switch (entry->from) {
	case FSENTRY_STATE:
		return open_etc(&m, e);
	case FSENTRY_HOST:
		return open_path(&m, e);
	default:
		return open_stored(&m, e);
	}
}
