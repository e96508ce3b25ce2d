#include "build/buildmount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "build/graft.h"
#include "build/sources.h"

/* Files of the context belong to root. */
static struct graft graft_of(const struct build *b)
{
	return (struct graft){.ignore = b->ignore, .owned = true, .mode = -1};
}

static struct sources context_of(const struct build *b)
{
	return (struct sources){
		.root = b->context, .confined = true, .ignore = b->ignore, .what = b->context_name};
}

/* Opens the mount's source in the context; *path receives its path there. */
static int open_in_context(const struct build *b, const struct step_mount *m, const char **path,
			   struct err *e)
{
	struct sources from = context_of(b);

	*path = m->source[1] ? m->source + 1 : ".";
	return sources_open(&from, *path, e);
}

static bool is_of_context(const struct step_mount *m)
{
	return m->kind == MOUNT_BIND && m->from.stage < 0 && !m->from.image;
}

int buildmount_check(struct build *b, const struct step *step, struct err *e)
{
	for (size_t i = 0; i < step->mounts_n; i++) {
		const struct step_mount *m = &step->mounts[i];
		own_fd int fd = -1;
		const char *path;

		if (m->kind == MOUNT_SECRET && m->required && !pairs_get(&b->secrets, m->id))
			return err_set(e, "the secret %s is missing (--secret id=%s,src=FILE)",
				       m->id, m->id);
		if (!is_of_context(m))
			continue;
		if (b->context < 0)
			return err_set(e, "there is no context to mount from");
		fd = open_in_context(b, m, &path, e);
		if (fd < 0)
			return -1;
	}
	return 0;
}

static int add_source(struct build *b, const struct step_mount *m, struct stepkey *k, struct err *e)
{
	struct graft g = graft_of(b);
	own_strv struct strv lines = {0};
	const struct tip *tip;
	own_fd int fd = -1;
	const char *path;

	stepkey_add(k, m->source);
	if (!is_of_context(m)) {
		if (build_source(b, &m->from, &tip, e) < 0)
			return -1;
		stepkey_add(k, tip->key); /* it is unknown which of the files the command
					     will read */
		return 0;
	}
	fd = open_in_context(b, m, &path, e);
	if (fd < 0 || graft_describe(&g, fd, path, &lines, e) < 0)
		return -1;
	stepkey_add_set(k, &lines);
	return 0;
}

int buildmount_key(struct build *b, const struct step *step, struct stepkey *k, struct err *e)
{
	stepkey_add_number(k, step->mounts_n);
	for (size_t i = 0; i < step->mounts_n; i++) {
		const struct step_mount *m = &step->mounts[i];

		stepkey_add_number(k, m->kind);
		stepkey_add(k, m->target);
		stepkey_add_number(k, m->writable);
		stepkey_add(k, m->id);
		stepkey_add_number(k, m->size);
		if ((m->kind == MOUNT_BIND || buildstep_is_copy(m)) && add_source(b, m, k, e) < 0)
			return -1;
	}
	stepkey_add_number(k, step->files_n);
	for (size_t i = 0; i < step->files_n; i++) {
		stepkey_add(k, step->files[i].name);
		stepkey_add(k, step->files[i].content);
	}
	return 0;
}

static void add_volume(struct mounting *m, const char *path, const char *target, bool writable)
{
	strv_take(&m->volumes, str_fmt("%s:%s%s", path, target, writable ? "" : ":ro"));
}

/* Mounts a copy, which lacks ignored files and whose changes are discarded. */
static int mount_context(struct mounting *m, const struct step_mount *mount, const char *name,
			 struct err *e)
{
	struct graft g = graft_of(m->b);
	own_str char *place = str_fmt("/%s", name),
		     *path = str_fmt("%s/%s/%s", m->b->store->root_path, m->work->name, name);
	const char *source;
	own_fd int fd = open_in_context(m->b, mount, &source, e);

	if (fd < 0 || graft_copy(&g, fd, source, m->work->dir, place, e) < 0)
		return -1;
	add_volume(m, path, mount->target, mount->writable);
	return 0;
}

static int mount_tip(struct mounting *m, const struct step_mount *mount, const char *name,
		     struct err *e)
{
	own_str char *real = NULL, *base = NULL, *path = NULL;
	const struct tip *tip;
	own_fd int fd = -1;

	if (build_source(m->b, &mount->from, &tip, e) < 0)
		return -1;
	if (tip->rootfs >= 0)
		fd = path_open(tip->rootfs, mount->source, O_PATH, 0);
	if (fd < 0)
		return err_set(e, "%s: no such file in the stage or image", mount->source);
	real = path_resolved(tip->rootfs, mount->source);
	if (mount->writable) {
		if (tip_snapshot(tip, m->work, name, e) < 0)
			return -1;
		base = str_fmt("%s/%s/%s", m->b->store->root_path, m->work->name, name);
	} else {
		base = tip_path(m->b, tip);
	}
	path = str_fmt("%s%s", base, real);
	add_volume(m, path, mount->target, mount->writable);
	return 0;
}

/* Uses a cache for this command alone while another command uses the private one. */
static int make_temporary(struct mounting *m, const struct step_mount *mount,
			  const struct tip *from, const char *name, struct err *e)
{
	if (from)
		return tip_snapshot(from, m->work, name, e);
	return mkdirat(m->work->dir, name, 0700) < 0 ||
			fchmodat(m->work->dir, name, mount->mode, 0) < 0 ||
			fchownat(m->work->dir, name, mount->uid, mount->gid, 0) < 0
		? err_sys(e, "cache %s", mount->id)
		: 0;
}

/* Mounts a cache, or with from= a directory of a cache. */
static int add_cache(struct mounting *m, const struct step_mount *mount, int data, const char *path,
		     struct err *e)
{
	own_fd int fd = path_open(data, mount->source, O_PATH, 0);
	own_str char *real = NULL, *below = NULL;

	if (fd < 0)
		return err_set(e, "%s: no such file in the cache", mount->source);
	real = path_resolved(data, mount->source);
	below = str_fmt("%s%s", path, real[1] ? real : "");
	add_volume(m, below, mount->target, mount->writable);
	return 0;
}

static int mount_cache(struct mounting *m, const struct step_mount *mount, const char *name,
		       struct err *e)
{
	const struct tip *from = NULL;
	struct stored_step *cache;
	own_str char *id = NULL, *path = NULL;
	struct cache_wanted wanted = {.base = -1,
				      .mode = mount->mode,
				      .uid = mount->uid,
				      .gid = mount->gid,
				      .exclusive = mount->sharing != SHARING_SHARED,
				      .wait = mount->sharing != SHARING_PRIVATE};
	own_fd int temporary = -1;
	int busy;

	if (buildstep_is_copy(mount) && build_source(m->b, &mount->from, &from, e) < 0)
		return -1;
	if (from && from->rootfs < 0)
		return err_set(e, "the stage has no files");
	id = from ? str_fmt("%s from %s", mount->id, from->key) : str_dup(mount->id);
	wanted.id = id;
	wanted.base = from ? from->rootfs : -1;
	m->caches = mem_grow_one(m->caches, m->caches_n, sizeof(*m->caches));
	cache = &m->caches[m->caches_n++];
	busy = stepstore_cache(m->b->store, &wanted, cache, e);
	if (busy < 0)
		return -1;
	if (!busy) {
		path = str_fmt("%s/steps/%s/data", m->b->store->root_path, cache->key);
		return add_cache(m, mount, cache->rootfs, path, e);
	}
	if (make_temporary(m, mount, from, name, e) < 0)
		return -1;
	path = str_fmt("%s/%s/%s", m->b->store->root_path, m->work->name, name);
	temporary = openat(m->work->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return temporary < 0 ? err_sys(e, "cache %s", mount->id)
			     : add_cache(m, mount, temporary, path, e);
}

static int mount_one(struct mounting *m, const struct step_mount *mount, const char *name,
		     struct err *e)
{
	const char *secret = mount->kind == MOUNT_SECRET ? pairs_get(&m->b->secrets, mount->id)
							 : NULL;

	if (mount->kind == MOUNT_SECRET) {
		if (secret)
			add_volume(m, secret, mount->target, false);
		return 0;
	}
	if (mount->kind == MOUNT_CACHE)
		return mount_cache(m, mount, name, e);
	if (mount->kind == MOUNT_BIND)
		return (is_of_context(mount) ? mount_context : mount_tip)(m, mount, name, e);
	strv_take(&m->tmpfs,
		  mount->size
			  ? str_fmt("%s:size=%llu", mount->target, (unsigned long long)mount->size)
			  : str_dup(mount->target));
	return 0;
}

/* Mounts the scripts of heredocs. */
static int mount_script(struct mounting *m, struct err *e)
{
	own_str char *path = str_fmt("%s/%s/script", m->b->store->root_path, m->work->name);
	own_fd int dir = -1;

	if (m->step->files_n == 0)
		return 0;
	if (mkdirat(m->work->dir, "script", 0755) < 0)
		return err_sys(e, "%s", path);
	dir = openat(m->work->dir, "script", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "%s", path);
	for (size_t i = 0; i < m->step->files_n; i++) {
		const struct step_file *f = &m->step->files[i];

		if (file_write(dir, f->name, 0755, f->content, strlen(f->content), e) < 0)
			return -1;
		if (fchmodat(dir, f->name, 0755, 0) < 0)
			return err_sys(e, "%s/%s", path, f->name);
	}
	add_volume(m, path, "/dev/pipes", false);
	return 0;
}

int buildmount_open(struct mounting *m, struct err *e)
{
	for (size_t i = 0; i < m->step->mounts_n; i++) {
		own_str char *name = str_fmt("mount-%zu", i);

		if (mount_one(m, &m->step->mounts[i], name, e) < 0)
			return err_wrap(e, "--mount %s", m->step->mounts[i].target);
	}
	return mount_script(m, e);
}

void buildmount_close(struct mounting *m)
{
	strv_free(&m->volumes);
	strv_free(&m->tmpfs);
	for (size_t i = 0; i < m->caches_n; i++)
		stepstore_close(&m->caches[i]);
	free(m->caches);
}

static bool is_there(int root, const char *path)
{
	own_fd int fd = root < 0 ? -1 : path_open(root, path, O_PATH | O_NOFOLLOW, 0);

	return fd >= 0;
}

/* Removes an empty file or directory that the tip does not have, then its parents while the same is
 * true of them. */
static void clear(const struct tip *tip, int rootfs, const char *path)
{
	own_str char *at = path_resolved(rootfs, path);
	struct stat st;
	char *slash;

	while (at[1] && !is_there(tip->rootfs, at)) {
		bool file = fstatat(rootfs, at + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode) && st.st_size == 0;

		if (unlinkat(rootfs, at + 1, file ? 0 : AT_REMOVEDIR) < 0 && errno != ENOENT)
			return;
		slash = strrchr(at, '/');
		slash[slash == at] = '\0';
	}
}

void buildmount_clear(const struct mounting *m, const struct tip *tip, int rootfs)
{
	/* The mount points of every container (filetree.h). */
	static const char *const usual[] = {
		"/dev",
		"/proc",
		"/sys",
		"/etc/hosts",
		"/etc/hostname",
		"/etc/resolv.conf",
		"/run/.containerenv",
	};

	for (size_t i = 0; i < m->step->mounts_n; i++)
		clear(tip, rootfs, m->step->mounts[i].target);
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		clear(tip, rootfs, usual[i]);
}
