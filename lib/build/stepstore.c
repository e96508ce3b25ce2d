#include "build/stepstore.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/proc.h"
#include "kernel/subvol.h"
#include "store/partstore.h"

static const char dir_name[] = "steps", synced[] = "synced";

void stepstore_close(struct stored_step *s)
{
	shut_fd(&s->rootfs);
	shut_fd(&s->dir);
}

/* Opens and locks an entry. -1 with errno; ENOENT: it was removed meanwhile. */
static int hold_entry(const struct store *s, const char *name, int how)
{
	own_str char *path = str_fmt("%s/%s", dir_name, name);
	own_fd int fd = openat(s->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || lock_fd(fd, how) < 0)
		return -1;
	if (!fd_is_named(fd, s->root, path)) {
		errno = ENOENT;
		return -1;
	}
	return take_fd(&fd);
}

/* Whether the step's files are complete: synced, or made since the last boot. */
static bool is_whole(int dir, const char *key)
{
	own_record struct record r = {0};
	char boot[37];
	struct err ignored;

	if (record_read(dir, "config", &r, &ignored) < 0 || !str_equal(record_get(&r, "key"), key))
		return false;
	if (faccessat(dir, synced, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	return proc_boot_id(boot, &ignored) == 0 && str_equal(record_get(&r, "boot"), boot);
}

/* Removes an entry by one rename into tmp/. A process that has locked it keeps the files: the sweep
 * skips locked drafts. */
static int remove_entry(const struct store *s, const char *name, struct err *e)
{
	own_str char *path = str_fmt("%s/%s", dir_name, name);
	struct draft d;
	int r;

	if (draft_begin(s, &d, e) < 0)
		return e->sys == ENOSPC || e->sys == EDQUOT ? subvol_erase(s->root, path, e) : -1;
	r = renameat(s->root, path, s->root, d.name) < 0 && errno != ENOENT
		? err_sys(e, "remove step %s", name)
		: 0;
	shut_fd(&d.dir);
	if (r == 0)
		draft_sweep(s, e);
	return r;
}

static const struct partstore steps = {.dir = dir_name, .part = "step", .remove = remove_entry};

int stepstore_hold(const struct store *s, struct err *e)
{
	return partstore_hold(s, &steps, e);
}

int stepstore_open(const struct store *s, const char *key, struct stored_step *out, struct err *e)
{
	own_stored struct stored_step found = STORED_NONE;

	*out = (struct stored_step)STORED_NONE;
	found.dir = hold_entry(s, key, LOCK_SH);
	if (found.dir < 0)
		return errno == ENOENT ? 0 : err_sys(e, "step %s", key);
	found.rootfs = openat(found.dir, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (found.rootfs < 0 || !is_whole(found.dir, key)) {
		stepstore_close(&found);
		return remove_entry(s, key, e);
	}
	memcpy(found.key, key, sizeof(found.key));
	*out = found;
	found = (struct stored_step)STORED_NONE;
	return 1;
}

int stepstore_publish(const struct store *s, struct draft *d, const char *key,
		      struct record *config, bool replace, struct stored_step *out, struct err *e)
{
	own_str char *path = str_fmt("%s/%s", dir_name, key);
	char boot[37];
	bool renamed;
	int found;

	if (proc_boot_id(boot, e) < 0)
		return -1;
	record_add(config, "key", key);
	record_add(config, "boot", boot);
	if (record_write(d->dir, "config", config, e) < 0)
		return -1;
	if (replace && remove_entry(s, key, e) < 0)
		return -1;
	renamed = renameat2(s->root, d->name, s->root, path, RENAME_NOREPLACE) == 0;
	if (!renamed && errno != EEXIST)
		return err_sys(e, "step %s", key);
	/* An existing step has the same files. Otherwise the draft's exclusive lock is on the step
	 * now: it is released, and stepstore_open takes a shared one. */
	if (renamed)
		shut_fd(&d->dir);
	else
		draft_drop(s, d);
	found = stepstore_open(s, key, out, e);
	return found > 0 ? 0 : found < 0 ? -1 : err_set(e, "step %s: was removed meanwhile", key);
}

int stepstore_sync(const struct store *s, const struct strv *keys, struct err *e)
{
	own_fd int dir = keys->n ? partstore_open(s, &steps, e) : -1;

	if (dir < 0)
		return keys->n ? -1 : 0;
	if (syncfs(dir) < 0)
		return err_sys(e, "write the steps to disk");
	for (size_t i = 0; i < keys->n; i++) {
		own_str char *path = str_fmt("%s/%s", keys->v[i], synced);
		own_fd int fd =
			openat(dir, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0 && errno != ENOENT)
			return err_sys(e, "%s/%s", dir_name, path);
	}
	return 0;
}

static int make_data(const struct cache_wanted *w, const struct draft *d, struct err *e)
{
	if (w->base >= 0)
		return subvol_snapshot(w->base, d->dir, "data", false, e);
	return mkdirat(d->dir, "data", 0700) < 0 ||
			fchownat(d->dir, "data", w->uid, w->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
			fchmodat(d->dir, "data", w->mode, 0) < 0
		? err_sys(e, "data")
		: 0;
}

static int make_cache(const struct store *s, const char *path, const struct cache_wanted *w,
		      struct err *e)
{
	struct draft d;
	int r;

	if (draft_begin(s, &d, e) < 0)
		return -1;
	r = make_data(w, &d, e);
	if (r == 0 && renameat2(s->root, d.name, s->root, path, RENAME_NOREPLACE) < 0 &&
	    errno != EEXIST)
		r = err_sys(e, "%s", path);
	draft_drop(s, &d);
	return r;
}

int stepstore_cache(const struct store *s, const struct cache_wanted *wanted,
		    struct stored_step *out, struct err *e)
{
	own_str char *text = str_fmt("cache %s %o %u:%u", wanted->id, wanted->mode, wanted->uid,
				     wanted->gid),
		     *name = NULL, *path = NULL;
	int how = (wanted->exclusive ? LOCK_EX : LOCK_SH) | (wanted->wait ? 0 : LOCK_NB);
	char digest[DIGEST_LEN];

	*out = (struct stored_step)STORED_NONE;
	digest_of(text, strlen(text), digest);
	name = str_fmt("cache-%.16s", digest_hex(digest));
	path = str_fmt("%s/%s", dir_name, name);
	if (faccessat(s->root, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    make_cache(s, path, wanted, e) < 0)
		return err_wrap(e, "cache %s", wanted->id);
	out->dir = hold_entry(s, name, how);
	if (out->dir < 0)
		return errno == EWOULDBLOCK ? 1 : err_sys(e, "cache %s", wanted->id);
	out->rootfs = openat(out->dir, "data", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	memcpy(out->key, name, strlen(name) + 1);
	return out->rootfs < 0 ? err_sys(e, "cache %s", wanted->id) : 0;
}

int stepstore_prune(const struct store *s, struct strv *removed, struct err *e)
{
	int held = partstore_collect(s, &steps, removed, e);

	return held == 1 ? err_set(e, "a build is running") : held;
}
