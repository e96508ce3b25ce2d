#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data.h"
#include "err.h"
#include "etc.h"
#include "fd.h"
#include "fixture.h"
#include "image.h"
#include "mount.h"
#include "own.h"
#include "path.h"
#include "rootfs.h"
#include "volume.h"

enum { ETC_MAX = 1 << 18 };

void view_close(struct view *v)
{
	shut_fd(&v->root);
	plan_free_lists(&v->plan);
	container_close(&v->container);
	strv_free(&v->hidden);
	strv_free(&v->mounts);
	strv_free(&v->places);
}

static int open_image(const struct store *s, const char *ref, struct view *v, struct err *e)
{
	own_image struct image img = {.dir = -1, .rootfs = -1};

	if (image_open(s, ref, &img, e) < 0)
		return -1;
	v->image = true;
	v->root = take_fd(&img.rootfs);
	return 0;
}

/*
 * The files of /etc that each run has of its own, in a file system of ours,
 * where they belong to root as they do inside (CT_RUN knows the host's id).
 */
static int copy_etc(const struct store *s, const struct view *v, int dir, struct err *e)
{
	for (const char *const *name = etc_files; *name; name++) {
		own_str char *source = str_fmt("%s/%s/%s", s->run_path, v->container.id, *name);
		own_buf struct buf text = {0};

		if (file_read(AT_FDCWD, source, ETC_MAX, &text, e) < 0) {
			if (e->sys != ENOENT)
				return -1;
			continue;
		}
		if (file_write(dir, *name, 0644, text.data, text.len, e) < 0)
			return -1;
	}
	return 0;
}

/*
 * One for all views of this process: the mounts of the first would be taken apart when
 * the process leaves their namespace for a second one.
 */
static int own_namespace(struct err *e)
{
	static bool own;

	if (own)
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "a mount namespace");
	own = true;
	return rootfs_private(e);
}

/* The container's root (v->root) and a file system for copy_etc (*etc), in a mount namespace of ours. */
static int mount_root(const struct store *s, const char *path, struct view *v, int *etc, struct err *e)
{
	own_str char *place = str_fmt("%s/tmp", s->root_path);	/* where nothing else looks */
	own_fd int at = -1, first = -1, root = -1;

	if (own_namespace(e) < 0)
		return -1;
	at = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return err_sys(e, "%s", place);
	/* Only what is attached can be bound elsewhere. */
	first = mount_new("tmpfs", "mode=755,size=1m", 0, "/etc", e);
	if (first < 0 || mount_attach(first, at, "/etc", e) < 0)
		return -1;
	/* What is mounted in a directory of the host's is seen inside; a snapshot has no mounts. */
	root = mount_copy(AT_FDCWD, path, v->plan.rootfs, e);
	if (root < 0 || mount_attach(root, first, path, e) < 0)
		return -1;
	*etc = take_fd(&first);
	v->root = take_fd(&root);
	return 0;
}

static void add(struct fixtures *f, int mount, const char *target)
{
	fixture_add(f, &(struct fixture){.fd = mount, .target = str_dup(target)});
}

/* A directory of the store. By its path: s->root is of the mount namespace that was left. */
static int add_data(struct fixtures *f, const char *path, const char *target, bool read_only, struct err *e)
{
	own_fd int fd = mount_copy(AT_FDCWD, path, false, e);

	if (fd < 0 || (read_only && mount_set(fd, MOUNT_ATTR_RDONLY, false, path, e) < 0))
		return -1;
	add(f, take_fd(&fd), target);
	return 0;
}

/* Of "db:/data:ro" the path inside. The caller frees it. */
static char *target_of(const char *volume)
{
	const char *colon = strchr(volume, ':');
	const char *target = colon ? colon + 1 : volume;

	return str_dup_n(target, strcspn(target, ":"));
}

static int add_volume(const struct store *s, struct view *v, struct fixtures *f, const char *text, struct err *e)
{
	own_volume struct volume volume = {0};
	own_str char *path = NULL;
	int fd;

	if (volume_read(text, &volume, e) < 0) {
		if (e->sys != ENOENT)
			return -1;
		/* Its source is gone, which is no matter to the rest. */
		strv_take(&v->hidden, target_of(text));
		return 0;
	}
	if (!volume.name) {
		fd = volume_mount(&volume, e);
		if (fd >= 0)
			add(f, fd, volume.target);
		return fd < 0 ? -1 : 0;
	}
	path = data_path(s, volume.name, e);
	if (path)
		return add_data(f, path, volume.target, volume.read_only, e);
	strv_add(&v->hidden, volume.target);
	return e->sys == ENOENT ? 0 : -1;
}

static int add_etc(const struct store *s, const struct view *v, struct fixtures *f, int dir, struct err *e)
{
	if (copy_etc(s, v, dir, e) < 0)
		return -1;
	for (const char *const *name = etc_files; *name; name++) {
		own_str char *target = str_fmt("/etc/%s", *name);
		int fd;

		if (faccessat(dir, *name, F_OK, 0) < 0)		/* it does not run */
			continue;
		fd = mount_copy(dir, *name, false, e);
		if (fd < 0)
			return -1;
		add(f, fd, target);
	}
	return 0;
}

static int mount_all(const struct store *s, struct view *v, int etc, struct err *e)
{
	own_fixtures struct fixtures f = {0};

	if (add_etc(s, v, &f, etc, e) < 0)
		return -1;
	for (size_t i = 0; i < v->plan.image_volumes.n; i++) {
		own_str char *name = data_own_name(i), *path = str_fmt("%s/%s/%s", s->root_path, v->container.id, name);

		if (add_data(&f, path, v->plan.image_volumes.v[i], false, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < v->plan.volumes.n; i++)
		if (add_volume(s, v, &f, v->plan.volumes.v[i], e) < 0)
			return -1;
	if (fixtures_mount(&f, v->root, -1, e) < 0)
		return -1;
	return v->plan.read_only ? mount_set(v->root, MOUNT_ATTR_RDONLY, false, "/", e) : 0;
}

static void hide(struct view *v)
{
	static const char *const always[] = {"/proc", "/sys", "/dev"};

	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		strv_add(&v->hidden, always[i]);
	for (size_t i = 0; i < v->plan.tmpfs.n; i++)
		strv_take(&v->hidden, str_dup_n(v->plan.tmpfs.v[i], strcspn(v->plan.tmpfs.v[i], ":")));
}

static void add_place(struct view *v, const char *kind, const char *text, const char *target)
{
	strv_take(&v->mounts, str_fmt("%s %s", kind, text));
	strv_take(&v->places, path_resolved(v->root, target));
}

/* Links in a target are followed, as the run followed them: "/var/run/x" may be /run/x. */
static void find_places(struct view *v)
{
	for (size_t i = 0; i < v->hidden.n; i++) {
		char *path = path_resolved(v->root, v->hidden.v[i]);

		free(v->hidden.v[i]);
		v->hidden.v[i] = path;
	}
	for (size_t i = 0; i < v->plan.image_volumes.n; i++)
		add_place(v, "volume", v->plan.image_volumes.v[i], v->plan.image_volumes.v[i]);
	for (size_t i = 0; i < v->plan.volumes.n; i++) {
		own_str char *target = target_of(v->plan.volumes.v[i]);

		add_place(v, "volume", v->plan.volumes.v[i], target);
	}
	for (size_t i = 0; i < v->plan.tmpfs.n; i++) {
		own_str char *target = str_dup_n(v->plan.tmpfs.v[i], strcspn(v->plan.tmpfs.v[i], ":"));

		add_place(v, "tmpfs", target, target);
	}
}

static int open_container(const struct store *s, const char *ref, bool alone, struct view *v, struct err *e)
{
	own_str char *path = container_root(s, &v->container);
	own_fd int etc = -1;

	plan_read(&v->plan, &v->container.config);
	if (alone) {
		v->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (v->root < 0)
			return err_sys(e, "%s", ref);
	} else {
		hide(v);
		if (mount_root(s, path, v, &etc, e) < 0 || mount_all(s, v, etc, e) < 0)
			return err_wrap(e, "%s", ref);
	}
	find_places(v);
	return 0;
}

int view_open(const struct store *s, const char *ref, bool alone, struct view *v, struct err *e)
{
	*v = (struct view){.root = -1, .alone = alone, .container = {.dir = -1}};
	if (container_open(s, ref, &v->container, e) == 0)
		return open_container(s, ref, alone, v, e);
	/* No system call failed: it is none of a container's names. */
	if (e->sys != ENOENT && e->sys != 0)
		return -1;
	if (open_image(s, ref, v, e) < 0 && e->sys == ENOENT)
		return err_set(e, "%s: no such container or image", ref);
	return v->image ? 0 : -1;
}

static bool is_at_or_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static ssize_t path_of(int fd, char path[PATH_MAX])
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
	return n;
}

/* Of a file beneath the view's root the path from there ("" is the root itself); NULL: it is elsewhere. */
static const char *path_inside(const struct view *v, int fd, char path[PATH_MAX])
{
	char root[PATH_MAX];
	ssize_t n = path_of(v->root, root);

	return n < 0 || path_of(fd, path) < n ? NULL : path + n;
}

int view_check(const struct view *v, int fd, struct err *e)
{
	char text[PATH_MAX];
	const char *path = path_inside(v, fd, text);

	for (size_t i = 0; path && i < v->hidden.n; i++)
		if (is_at_or_below(path, v->hidden.v[i]))
			return err_set(e, "what is at %s is seen by the container's processes alone", v->hidden.v[i]);
	return 0;
}

/* Seen as it is, and no mount to an archive: a file that is mounted on a file. */
static bool is_file(const struct view *v, const char *place)
{
	own_fd int fd = path_open(v->root, place, O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	return !v->alone && !strv_has(&v->hidden, place) && fd >= 0 && fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode);
}

int view_check_whole(const struct view *v, int fd, struct err *e)
{
	char text[PATH_MAX];
	const char *path = path_inside(v, fd, text);

	for (size_t i = 0; path && i < v->places.n; i++) {
		const char *place = v->places.v[i];

		if (is_at_or_below(place, path) && strlen(place) > strlen(path) && !is_file(v, place))
			return err_set(e, "%s: not copied along with what it is mounted in (copy it by itself; "
					  "'ct commit' makes an image without it)", v->mounts.v[i]);
	}
	return 0;
}

int view_user(const struct view *v, struct user *u, struct err *e)
{
	return user_find(v->root, v->plan.user, u, e);
}
