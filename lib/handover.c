#include "handover.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "err.h"
#include "etc.h"
#include "mount.h"
#include "own.h"
#include "volume.h"

void handover_take(struct run *r, enum message_kind kind, int fd, const char *target)
{
	if (kind == MESSAGE_ROOT)
		r->root_mount = fd;
	else
		fixture_add(&r->fixtures, &(struct fixture){.fd = fd, .device = kind == MESSAGE_DEVICE,
							    .target = str_dup(target)});
}

static int hand(struct run *r, enum message_kind kind, int fd, const char *target, struct err *e)
{
	own_fd int mine = fd;

	if (fd < 0)
		return -1;
	if (!r->own_hands)
		return channel_send(r->channel, kind, target, mine, e);
	handover_take(r, kind, take_fd(&mine), target);
	return 0;
}

/* The user namespace that owners are mapped through; -1: none. */
static int mapping(const struct run *r)
{
	return r->map.n && !r->own_hands ? r->userns : -1;
}

static void note_skipped(struct run *r, const struct strv *skipped)
{
	for (size_t i = 0; i < skipped->n; i++)
		strv_take(r->notes, str_fmt("%s: its file system cannot map owners: bound as it is, nosuid", skipped->v[i]));
}

static int hand_mount(void *run, int fd, const char *target, struct err *e)
{
	return hand(run, MESSAGE_MOUNT, fd, target, e);
}

/* The root, or what is mounted below it, but for where the container has its own /proc, /sys and /dev. */
static int hand_root_part(void *run, int mount, const char *below, struct err *e)
{
	static const char *const ours[] = {"/proc", "/sys", "/dev"};
	struct run *r = run;
	own_fd int fd = mount;

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (str_starts(below, ours[i]) && strchr("/", below[strlen(ours[i])]))
			return 0;
	if (!r->plan->privileged && mount_set(fd, MOUNT_ATTR_NODEV, true, *below ? below : "the root", e) < 0)
		return -1;
	return hand(r, *below ? MESSAGE_MOUNT : MESSAGE_ROOT, take_fd(&fd), *below ? below : NULL, e);
}

static int hand_root(struct run *r, struct err *e)
{
	own_strv struct strv skipped = {0};
	own_fd int fd = -1;

	if (!r->plan->rootfs) {
		fd = mount_copy(r->rootfs, "", false, e);
		if (fd < 0 || (mapping(r) >= 0 && mount_idmap(fd, r->userns, "the snapshot", e) < 0))
			return -1;
		return hand_root_part(r, take_fd(&fd), "", e);
	}
	if (mount_copy_mapped(r->plan->rootfs, mapping(r), hand_root_part, r, &skipped, e) < 0)
		return -1;
	if (r->store && strv_has(&skipped, r->plan->rootfs))
		return err_set(e, "%s: its file system cannot map owners (--userns host would do without)", r->plan->rootfs);
	note_skipped(r, &skipped);
	return 0;
}

static int hand_etc(struct run *r, struct err *e)
{
	uint64_t attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			 (r->plan->read_only ? MOUNT_ATTR_RDONLY : 0);
	uint32_t owner = r->map.n ? idmap_outside(&r->map, 0) : 0;

	if (!r->store)
		return 0;
	if (etc_write(r->files, r->plan, r->hostname, owner == (uint32_t)-1 ? 0 : owner, e) < 0)
		return -1;
	for (const char *const *name = etc_files; *name; name++) {
		own_str char *target = str_fmt("/etc/%s", *name);
		own_fd int fd = mount_copy(r->files, *name, false, e);

		if (fd < 0 || mount_set(fd, attrs, false, target, e) < 0 ||
		    hand(r, MESSAGE_MOUNT, take_fd(&fd), target, e) < 0)
			return -1;
	}
	return 0;
}

/* A directory of the store's shown in the container; takes the descriptor. */
static int hand_data(struct run *r, int data, const char *target, bool read_only, struct err *e)
{
	own_fd int dir = data, fd = data < 0 ? -1 : mount_copy(dir, "", false, e);
	uint64_t attrs = MOUNT_ATTR_NODEV | (read_only ? MOUNT_ATTR_RDONLY : 0);

	if (fd < 0 || (mapping(r) >= 0 && mount_idmap(fd, r->userns, target, e) < 0) ||
	    mount_set(fd, attrs, false, target, e) < 0)
		return -1;
	return hand(r, MESSAGE_MOUNT, take_fd(&fd), target, e);
}

static int hand_image_volumes(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->plan->image_volumes.n; i++) {
		own_str char *name = data_own_name(i);
		int dir = openat(r->home, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir < 0)
			return err_sys(e, "volume %s", r->plan->image_volumes.v[i]);
		if (hand_data(r, dir, r->plan->image_volumes.v[i], false, e) < 0)
			return -1;
	}
	return 0;
}

static int hand_volumes(struct run *r, struct err *e)
{
	own_strv struct strv skipped = {0};

	if (hand_image_volumes(r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->plan->volumes.n; i++) {
		own_volume struct volume v = {0};

		if (volume_read(r->plan->volumes.v[i], &v, e) < 0)
			return -1;
		if (v.name) {
			int dir = data_open(r->store, v.name, r->rootfs, v.target, e);

			if (dir < 0 || hand_data(r, dir, v.target, v.read_only, e) < 0)
				return -1;
			continue;
		}
		if (volume_mount_mapped(&v, mapping(r), hand_mount, r, &skipped, e) < 0)
			return -1;
	}
	note_skipped(r, &skipped);
	return 0;
}

static int hand_devices(struct run *r, struct err *e)
{
	uint32_t root = r->map.n ? idmap_outside(&r->map, 0) : 0;

	for (size_t i = 0; i < r->plan->devices.n; i++) {
		own_volume struct volume v = {0};

		if (volume_read_device(r->plan->devices.v[i], &v, e) < 0 ||
		    hand(r, MESSAGE_DEVICE, volume_mount_device(&v, root, root, e), v.target, e) < 0)
			return -1;
	}
	return 0;
}

int handover_give(struct run *r, struct err *e)
{
	if (volume_check_places(r->plan, r->rootfs, e) < 0 || hand_root(r, e) < 0 || hand_etc(r, e) < 0 || hand_volumes(r, e) < 0)
		return -1;
	return hand_devices(r, e);
}

int handover_mount(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->plan->tmpfs.n; i++) {
		struct volume v;

		if (volume_read_tmpfs(r->plan->tmpfs.v[i], &v, e) < 0)
			return -1;
		fixture_add(&r->fixtures, &(struct fixture){.fd = -1, .target = v.target, .options = v.options});
	}
	return fixtures_mount(&r->fixtures, r->root, r->dev, e);
}
