#include "run/hostmounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "container/etc.h"
#include "container/mountspec.h"
#include "kernel/mount.h"
#include "run/channel.h"
#include "store/volstore.h"

/* An entry of the list, whose mounts are being made. */
struct making {
	struct run *r;
	struct fsentry *entry;
};

/* Hands a mount over; takes the descriptor. The message says "NUMBER/below" of the entry. */
static int hand(const struct making *m, int fd, const char *below, struct err *e)
{
	own_str char *text = NULL;
	own_fd int mine = fd;

	if (m->r->mounts_in_child) {
		fsentry_add_mount(m->entry, take_fd(&mine), below);
		return 0;
	}
	text = str_fmt("%zu%s", (size_t)(m->entry - m->r->tree.v), below);
	return channel_send(m->r->channel, MESSAGE_MOUNT, text, mine, e);
}

int hostmounts_take(struct run *r, const struct message *m, struct err *e)
{
	char *below;
	size_t i = strtoul(m->text, &below, 10);

	if (i >= r->tree.n)
		return err_set(e, "unexpected mount %s from the supervisor", m->text);
	fsentry_add_mount(&r->tree.v[i], m->fd, below);
	return 0;
}

int hostmounts_root(const struct run *r, struct err *e)
{
	if (r->tree.n && r->tree.v->phase == FSENTRY_ROOT && r->tree.v->mounts_n)
		return r->tree.v->mounts->fd;
	return err_set(e, "the supervisor has handed over no root directory");
}

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
static int hand_part(void *making, int mount, const char *below, struct err *e)
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
	return hand(m, take_fd(&fd), below, e);
}

/* A path of the host's, with what is mounted below it. */
static int make_from_host(struct making *m, struct err *e)
{
	own_strv struct strv skipped = {0};
	struct run *r = m->r;

	if (mount_copy_mapped(m->entry->source, mapping(m), hand_part, m, &skipped, e) < 0)
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

/* The directory that the entry's source is relative to, and the source beneath it ("": the
 * directory itself). */
static int open_base(const struct making *m, int *base, const char **source, struct err *e)
{
	const struct fsentry *entry = m->entry;

	*source = entry->source;
	if (entry->from == FSENTRY_VOLUME) {
		*base = volstore_open(m->r->store, entry->source, m->r->rootfs, entry->target, e);
		*source = "";
		return *base < 0 ? -1 : 0;
	}
	*base = fcntl(m->r->home, F_DUPFD_CLOEXEC, 3);
	return *base < 0 ? err_sys(e, "%s", entry->target) : 0;
}

static int make_from_store(struct making *m, struct err *e)
{
	own_fd int base = -1, fd = -1;
	const char *source;

	if (open_base(m, &base, &source, e) < 0)
		return -1;
	fd = mount_copy(base, source, false, e);
	if (fd < 0 || (mapping(m) >= 0 && mount_idmap(fd, m->r->userns, m->entry->target, e) < 0))
		return err_wrap(e, "%s", m->entry->target);
	return hand_part(m, take_fd(&fd), "", e);
}

/* The host's id of the container's root. */
static uint32_t root_outside(const struct run *r)
{
	return r->map.n ? idmap_outside(&r->map, 0) : 0;
}

/* The first process makes the mount of each file (treemount_files), except of those of another
 * container. */
static int make_state(struct making *m, struct err *e)
{
	struct run_supervisor *own = &m->r->supervisor;
	int fd;

	if (m->entry->kind == FSENTRY_FILES) {
		fd = fcntl(own->etc, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? err_sys(e, "/etc") : hand(m, fd, "", e);
	}
	for (size_t i = 0; i < ETC_FILES; i++)
		if (own->shared_etc[i] >= 0 && str_equal(etc_files[i], m->entry->source))
			return hand_part(m, take_fd(&own->shared_etc[i]), "", e);
	return 0;
}

static int make(struct making *m, struct err *e)
{
	const struct fsentry *entry = m->entry;
	int fd;

	if (entry->from == FSENTRY_STATE)
		return make_state(m, e);
	if (entry->kind == FSENTRY_DEVICE) {
		fd = mountspec_mount_device(entry->source, root_outside(m->r), root_outside(m->r),
					    e);
		return fd < 0 ? -1 : hand(m, fd, "", e);
	}
	return entry->from == FSENTRY_HOST ? make_from_host(m, e) : make_from_store(m, e);
}

int hostmounts_give(struct run *r, struct err *e)
{
	uint32_t owner = root_outside(r);

	if (mountspec_check_places(r->plan, r->rootfs, e) < 0)
		return -1;
	if (r->store &&
	    etc_write(r->supervisor.etc, r->plan, r->hostname, owner == (uint32_t)-1 ? 0 : owner,
		      e) < 0)
		return -1;
	for (size_t i = 0; i < r->tree.n; i++)
		if (r->tree.v[i].from_outside && make(&(struct making){r, &r->tree.v[i]}, e) < 0)
			return -1;
	return 0;
}
