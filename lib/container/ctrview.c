#include "container/ctrview.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "container/etc.h"
#include "container/rootfs.h"
#include "container/treemount.h"
#include "kernel/mount.h"
#include "net/etcdir.h"
#include "store/image.h"
#include "store/volstore.h"

enum { ETC_MAX = 1 << 18 };

void ctrview_close(struct ctrview *v)
{
	shut_fd(&v->root);
	plan_free_lists(&v->plan);
	container_close(&v->container);
	filetree_free(&v->tree);
	free(take_ptr(&v->mounts));
	strv_free(&v->withheld);
}

static int open_image(const struct store *s, const char *ref, struct ctrview *v, struct err *e)
{
	own_image struct image img = {.dir = -1, .rootfs = -1};

	if (image_open(s, ref, &img, e) < 0)
		return -1;
	v->image = true;
	v->root = take_fd(&img.rootfs);
	return 0;
}

/*
 * Copies the run's own files of /etc into a file system of this process. There they belong to root,
 * as inside the container (the originals have the host id).
 */
static int copy_etc(const struct store *s, struct ctrview *v, int dir, struct err *e)
{
	for (const char *const *name = etc_files; *name; name++) {
		own_fd int from = etcdir_open(s, v->container.id, *name, e);
		own_buf struct buf text = {0};

		if (from < 0 || file_read(from, *name, ETC_MAX, &text, e) < 0) {
			if (e->sys == ENOENT)
				continue;
			/*
			 * The container can make the file too large, or hold a lease on it
			 * (fcntl(2)). Copies of other files must still work. An empty file takes
			 * its place, so that no copy writes to the file beneath.
			 */
			strv_add(&v->withheld, *name);
			buf_free(&text);
		}
		buf_str(&text, "");
		if (file_write(dir, *name, 0644, text.data, text.len, e) < 0)
			return -1;
	}
	return 0;
}

/*
 * All views of this process share one namespace: leaving it for a second one would unmount the
 * first view.
 */
static int own_namespace(struct err *e)
{
	static bool own;

	if (own)
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "make a mount namespace");
	own = true;
	return rootfs_private(e);
}

/* Mounts the container's root (v->root) and a file system for copy_etc (*etc) in this process's
 * mount namespace. */
static int mount_root(const struct store *s, const char *path, struct ctrview *v, int *etc,
		      struct err *e)
{
	own_str char *place = str_fmt("%s/tmp", s->root_path); /* no other code uses this place */
	own_fd int at = -1, first = -1, root = -1;

	if (own_namespace(e) < 0)
		return -1;
	at = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return err_sys(e, "%s", place);
	/* Only an attached mount can be bound elsewhere. */
	first = mount_new("tmpfs", "mode=755,size=1m", 0, "/etc", e);
	if (first < 0 || mount_attach(first, at, "/etc", e) < 0)
		return -1;
	/* A directory of the host may contain mounts, which the container sees; a snapshot has
	 * none. */
	root = mount_copy(AT_FDCWD, path, v->plan.rootfs, e);
	if (root < 0 || mount_attach(root, first, path, e) < 0)
		return -1;
	*etc = take_fd(&first);
	v->root = take_fd(&root);
	return 0;
}

/* The path of an entry's source on the host; NULL with e->sys ENOENT if it is gone. The caller
 * frees it. */
static char *source_path(const struct store *s, const struct ctrview *v,
			 const struct fsentry *entry, struct err *e)
{
	switch (entry->source ? entry->from : FSENTRY_HOST) {
	case FSENTRY_HOME:
		return str_fmt("%s/%s/%s", s->root_path, v->container.id, entry->source);
	case FSENTRY_VOLUME:
		return volstore_path(s, entry->source, e);
	default:
		e->sys = ENOENT;
		return entry->source ? str_dup(entry->source) : NULL;
	}
}

/* Makes a detached mount of an entry's source; -1 with e->sys ENOENT if it is gone. */
static int copy_source(const struct store *s, const struct ctrview *v, const struct fsentry *entry,
		       int etc, struct err *e)
{
	bool state = entry->from == FSENTRY_STATE;
	/* By its path, because s->root belongs to the previous mount namespace. */
	own_str char *path = state ? NULL : source_path(s, v, entry, e);

	if (state && faccessat(etc, entry->source, F_OK, 0) < 0)
		return err_sys(e, "%s", entry->source); /* the container does not run */
	if (!state && !path)
		return -1;
	return mount_copy_set(state ? etc : AT_FDCWD, state ? entry->source : path,
			      entry->recursive, entry->attrs, e);
}

/* Stores the ids of the attached mounts. */
static int find_mounts(struct ctrview *v, struct err *e)
{
	struct statx st;

	for (size_t i = 0; i < v->tree.n; i++) {
		const struct fsentry *entry = &v->tree.v[i];

		if (entry->phase != FSENTRY_USER || !entry->mounts_n)
			continue;
		if (statx(entry->mounts->fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
			return err_sys(e, "%s", entry->target);
		v->mounts = mem_grow_one(v->mounts, v->mounts_n, sizeof(*v->mounts));
		v->mounts[v->mounts_n++] = st.stx_mnt_id;
	}
	return 0;
}

static int mount_all(const struct store *s, struct ctrview *v, int etc, struct err *e)
{
	struct treeplace at = {.root = v->root, .host = -1, .dev = -1};

	if (copy_etc(s, v, etc, e) < 0)
		return -1;
	for (size_t i = 0; i < v->tree.n; i++) {
		struct fsentry *entry = &v->tree.v[i];
		int fd = -1;

		if (entry->phase != FSENTRY_USER)
			continue;
		if (entry->kind == FSENTRY_BIND) {
			fd = copy_source(s, v, entry, etc, e);
			if (fd < 0 && e->sys != ENOENT)
				return -1;
		}
		if (fd >= 0)
			fsentry_add_mount(entry, fd, "");
		entry->from_outside = true; /* no file system is made */
	}
	if (treemount(&v->tree, FSENTRY_USER, &at, e) < 0 || find_mounts(v, e) < 0)
		return -1;
	return treemount(&v->tree, FSENTRY_LAST, &at, e);
}

static int open_container(const struct store *s, const char *ref, struct ctrview *v, struct err *e)
{
	struct filetree_host host = {.recorded = true, .may_miss = true};
	own_str char *path = container_root(s, &v->container);
	struct container_state st;
	own_fd int etc = -1;

	plan_read(&v->plan, &v->container.config);
	v->running = container_runs(s, &v->container, &st);
	if (filetree_build(&v->tree, &v->plan, &host, e) < 0)
		return err_wrap(e, "%s", ref);
	return mount_root(s, path, v, &etc, e) < 0 || mount_all(s, v, etc, e) < 0
		? err_wrap(e, "%s", ref)
		: 0;
}

int ctrview_open(const struct store *s, const char *ref, struct ctrview *v, struct err *e)
{
	*v = (struct ctrview){.root = -1, .container = {.dir = -1}};
	if (container_open(s, ref, &v->container, e) == 0)
		return open_container(s, ref, v, e);
	/* e->sys 0: the reference is not a valid name of a container. */
	if (e->sys != ENOENT && e->sys != 0)
		return -1;
	if (open_image(s, ref, v, e) < 0 && e->sys == ENOENT)
		return err_set(e, "%s: no such container or image", ref);
	return v->image ? 0 : -1;
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

/* The path of a file relative to the view's root ("": the root itself); NULL if it is outside. */
static const char *path_inside(const struct ctrview *v, int fd, char path[PATH_MAX])
{
	char root[PATH_MAX];
	ssize_t n = path_of(v->root, root);

	return n < 0 || path_of(fd, path) < n ? NULL : path + n;
}

/* Whether only the container's own processes see this mount. */
static bool is_hidden(const struct ctrview *v, const struct fsentry *entry)
{
	if (entry->from == FSENTRY_STATE)
		return strv_has(&v->withheld, entry->source);
	if (entry->mounts_n || entry->kind == FSENTRY_MARK)
		return false;
	return entry->phase == FSENTRY_USER || (entry->phase == FSENTRY_KERNEL && entry->type);
}

/* The place where an entry is mounted: links in the target are followed, as in the run. The caller
 * frees it. */
static char *place_of(const struct ctrview *v, const struct fsentry *entry)
{
	return path_resolved(v->root, entry->target);
}

static int refuse_withheld(const struct fsentry *entry, struct err *e)
{
	return err_set(e,
		       "%s cannot be read: the container made it too large, or has a lease on it",
		       entry->target);
}

static int refuse_hidden(const struct fsentry *entry, const char *place, struct err *e)
{
	if (entry->from == FSENTRY_STATE)
		return refuse_withheld(entry, e);
	return err_set(
		e, "%s is a %s, which only the container's processes see ('ct exec' reaches it)",
		place, entry->type ? entry->type : "mount");
}

/* From the last entry to the first: of nested mounts the last one is visible ("/dev/shm" follows
 * "/dev"). */
static int check(const struct ctrview *v, const char *path, struct err *e)
{
	for (size_t i = v->tree.n; i-- > 0;) {
		const struct fsentry *entry = &v->tree.v[i];
		own_str char *place = is_hidden(v, entry) ? place_of(v, entry) : NULL;

		if (place && fsentry_contains(place, path))
			return refuse_hidden(entry, place, e);
	}
	return 0;
}

int ctrview_check(const struct ctrview *v, int fd, struct err *e)
{
	char text[PATH_MAX];
	const char *path = path_inside(v, fd, text);

	return path ? check(v, path, e) : 0;
}

int ctrview_check_path(const struct ctrview *v, const char *path, struct err *e)
{
	own_str char *place = path_resolved(v->root, path);

	return check(v, place, e);
}

static int refuse_part(const struct fsentry *entry, struct err *e)
{
	static const char why[] =
		"only the container's processes see it, and a copy would lack its files ('ct exec' reaches it)";

	if (entry->from == FSENTRY_STATE)
		return refuse_withheld(entry, e);
	if (entry->kind != FSENTRY_BIND)
		return err_set(e, "tmpfs %s: %s", entry->target, why);
	if (entry->from == FSENTRY_HOME || !entry->source)
		return err_set(e, "volume %s: its source is gone", entry->target);
	return err_set(e, "volume %s:%s: its source is gone", entry->source, entry->target);
}

int ctrview_check_whole(const struct ctrview *v, int fd, struct err *e)
{
	char text[PATH_MAX];
	const char *path = path_inside(v, fd, text);

	for (size_t i = 0; path && i < v->tree.n; i++) {
		const struct fsentry *entry = &v->tree.v[i];
		own_str char *place = NULL;

		/* The tmpfs of an ended container is empty. */
		if (entry->phase != FSENTRY_USER || entry->kind == FSENTRY_DEVICE ||
		    !is_hidden(v, entry) || (entry->kind == FSENTRY_NEW && !v->running))
			continue;
		place = place_of(v, entry);
		if (fsentry_contains(path, place) && strlen(place) > strlen(path))
			return refuse_part(entry, e);
	}
	return 0;
}

int ctrview_user(const struct ctrview *v, struct user *u, struct err *e)
{
	return user_find(v->root, v->plan.user, u, e);
}
