#include "store/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "kernel/subvol.h"
#include "store/names.h"

/* A link to the name beside a named container's files: removal need not search all names. */
static const char own_name[] = "name";

static bool is_image(const char *id)
{
	return id_is(id, "img");
}

static int sync_dir(const struct store *s, const char *name, struct err *e)
{
	own_fd int fd = openat(s->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(e, "write %s/%s", s->root_path, name);
	return 0;
}

static int name_draft(const struct store *s, struct draft *d, struct err *e)
{
	uint64_t random;

	*d = (struct draft){.dir = -1};
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_sys(e, "%s: make a draft: getrandom", s->root_path);
	snprintf(d->name, sizeof(d->name), "tmp/%016" PRIx64, random);
	return 0;
}

/* 1: d->dir holds the lock; 0: a sweep removed the directory before it was locked. */
static int lock_draft(const struct store *s, struct draft *d, struct err *e)
{
	d->dir = lock_take(s->root, d->name, e);
	if (d->dir < 0 && e->sys != ENOENT)
		return err_wrap(e, "%s", s->root_path);
	if (d->dir >= 0 && fd_is_named(d->dir, s->root, d->name))
		return 1;
	shut_fd(&d->dir);
	return 0;
}

int draft_begin(const struct store *s, struct draft *d, struct err *e)
{
	int locked = 0;

	while (!locked) {
		if (name_draft(s, d, e) < 0)
			return -1;
		if (mkdirat(s->root, d->name, 0700) == 0)
			locked = lock_draft(s, d, e);
		else if (errno != EEXIST)
			return err_sys(e, "%s/%s", s->root_path, d->name);
	}
	return locked < 0 ? -1 : 0;
}

int draft_adopt(const struct store *s, int from, const char *name, struct draft *d, struct err *e)
{
	if (name_draft(s, d, e) < 0)
		return -1;
	if (renameat2(from, name, s->root, d->name, RENAME_NOREPLACE) < 0)
		return err_sys(e, "%s", name);
	return lock_draft(s, d, e) == 1 ? 0 : -1;
}

static void done(struct draft *d)
{
	own_close(&d->dir);
	*d = (struct draft){.dir = -1};
}

static int rename_to(const struct store *s, const struct draft *d, const char *id, unsigned how,
		     struct err *e)
{
	if (explained(renameat2(s->root, d->name, s->root, id, how),
		      "renameat2(%d, \"%s\", %d, \"%s\", %s)", s->root, d->name, s->root, id,
		      how == RENAME_EXCHANGE ? "RENAME_EXCHANGE" : "RENAME_NOREPLACE") < 0)
		return err_sys(e, "%s", id);
	return 0;
}

/*
 * A free name is taken before the object appears: after a crash in between, the link to a
 * missing object is still free. An image's name moves after the object has appeared: until then
 * it belongs to another image, whose id goes to `before`.
 */
static int publish_named(const struct store *s, struct draft *d, const char *id, const char *name,
			 char before[ID_LEN], struct err *e)
{
	const char *kind = id_kind(id);
	own_fd int lock = lock_take(s->root, ".", e);
	struct err none;

	if (lock < 0)
		return err_wrap(e, "%s", s->root_path);
	if (name_holder(s, kind, name, before) < 0)
		*before = '\0';
	if (is_image(id) && *before) {
		if (rename_to(s, d, id, RENAME_NOREPLACE, e) < 0)
			return -1;
		if (name_take(s, kind, name, id, e) == 0)
			return 0;
		/* Turns the object into a draft again, for the caller to drop. */
		renameat2(s->root, id, s->root, d->name, RENAME_NOREPLACE);
		return -1;
	}
	if (!is_image(id) && symlinkat(name, d->dir, own_name) < 0 && errno != EEXIST)
		return err_sys(e, "name %s", name);
	if (name_take(s, kind, name, id, e) < 0)
		return -1;
	if (rename_to(s, d, id, RENAME_NOREPLACE, e) == 0)
		return 0;
	name_drop(s, kind, name, id, &none);
	return -1;
}

/* The object may not be on disk: turns it into a draft again, for the caller to drop. */
static void unpublish(const struct store *s, const struct draft *d, const char *id,
		      const char *name, const char *before)
{
	own_fd int lock = -1;
	struct err ignored;

	if (name && (lock = lock_take(s->root, ".", &ignored)) >= 0)
		name_give_back(s, id_kind(id), name, id, before);
	renameat2(s->root, id, s->root, d->name, RENAME_NOREPLACE);
}

int draft_publish(const struct store *s, struct draft *d, const char *id, const char *name,
		  struct err *e)
{
	char before[ID_LEN] = "";

	if ((name ? publish_named(s, d, id, name, before, e)
		  : rename_to(s, d, id, RENAME_NOREPLACE, e)) < 0)
		return -1;
	if (is_image(id) &&
	    ((name && sync_dir(s, "names/img", e) < 0) || sync_dir(s, ".", e) < 0)) {
		unpublish(s, d, id, name, before);
		return -1;
	}
	done(d);
	return 0;
}

int draft_exchange(const struct store *s, struct draft *d, const char *id, struct err *e)
{
	struct err none;

	if (rename_to(s, d, id, RENAME_EXCHANGE, e) < 0)
		return -1;
	if (sync_dir(s, ".", e) < 0) {
		rename_to(s, d, id, RENAME_EXCHANGE, &none);
		return -1;
	}
	done(d);
	/*
	 * The old object is in tmp/ now, not locked by us. If it cannot be deleted yet, a
	 * later sweep deletes it.
	 */
	draft_sweep(s, &none);
	return 0;
}

void draft_drop(const struct store *s, struct draft *d)
{
	struct err none;

	if (d->dir < 0)
		return;
	subvol_erase(s->root, d->name, &none);
	done(d);
}

/* Deletes an object that is no longer published. Waits for the processes that claim or make its
 * spares; after that no process gets the lock of the spares (spare.h). */
static int erase(int dir, const char *name, struct err *e)
{
	own_str char *pool = str_fmt("%s/spare", name);
	own_fd int lock = lock_take(dir, pool, e);

	return subvol_erase(dir, name, e);
}

static int names_of(const struct store *s, const char *id, struct strv *names, struct err *e)
{
	own_str char *path = str_fmt("%s/%s", id, own_name);
	char name[256];
	ssize_t n;

	if (is_image(id))
		return name_list(s, "img", id, names, e);
	n = readlinkat(s->root, path, name, sizeof(name) - 1);
	if (n > 0) {
		name[n] = '\0';
		strv_add(names, name);
	}
	return 0;
}

static void drop_names(const struct store *s, const char *id, const struct strv *names)
{
	struct err ignored;

	for (size_t i = 0; i < names->n; i++)
		name_drop(s, id_kind(id), names->v[i], id, &ignored);
}

/*
 * One rename hides the object and its names: links to a missing object count as free, even
 * after a crash here.
 */
static int take_away(const struct store *s, const char *id, const struct draft *d, struct err *e)
{
	own_fd int lock = lock_take(s->root, ".", e);
	own_strv struct strv names = {0};

	if (lock < 0)
		return err_wrap(e, "%s", s->root_path);
	if (names_of(s, id, &names, e) < 0)
		return -1;
	if (renameat(s->root, id, d->dir, "gone") < 0 && errno != ENOENT)
		return err_sys(e, "remove %s", id);
	drop_names(s, id, &names);
	return 0;
}

/*
 * On a full file system nothing can be moved. The lock keeps the object's id and names
 * consistent; only its files are seen half deleted.
 */
static int erase_in_place(const struct store *s, const char *id, struct err *e)
{
	own_fd int lock = lock_take(s->root, ".", e);
	own_strv struct strv names = {0};

	if (lock < 0)
		return err_wrap(e, "%s", s->root_path);
	if (names_of(s, id, &names, e) < 0 || erase(s->root, id, e) < 0)
		return -1;
	drop_names(s, id, &names);
	return 0;
}

int draft_unpublish(const struct store *s, const char *id, struct err *e)
{
	struct draft d;

	if (s->root < 0 || faccessat(s->root, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (draft_begin(s, &d, e) < 0)
		return e->sys == ENOSPC || e->sys == EDQUOT ? erase_in_place(s, id, e) : -1;
	if (take_away(s, id, &d, e) < 0) {
		draft_drop(s, &d);
		return e->sys == ENOSPC || e->sys == EDQUOT ? erase_in_place(s, id, e) : -1;
	}
	if ((is_image(id) ? erase : subvol_erase)(d.dir, "gone", e) < 0) {
		own_close(&d.dir);
		return err_wrap(e, "%s", id);
	}
	draft_drop(s, &d);
	return 0;
}

/* --- sweeping --- */

/*
 * Locks an entry of tmp/ that no process has locked; -1: another process holds the lock, or
 * the entry has gone.
 */
static int lock_leftover(int tmp, const char *name, struct err *e)
{
	own_fd int lock = lock_try(tmp, name, e);

	if (lock < 0)
		return -1;
	/*
	 * The draft may have been published before it was locked, and the name may
	 * belong to another draft.
	 */
	if (!fd_is_named(lock, tmp, name)) {
		e->sys = ENOENT;
		return -1;
	}
	return take_fd(&lock);
}

/* A process that was killed while it published or removed an object has also left a draft. */
static void sweep_names(const struct store *s)
{
	struct err ignored;
	own_fd int lock = lock_take(s->root, ".", &ignored);

	for (const char *const *kind = ids_kinds; lock >= 0 && *kind; kind++)
		name_sweep(s, *kind);
}

/* A directory of btrfs has the length of the names in it. */
static bool has_no_drafts(const struct store *s)
{
	struct stat st;

	return fstatat(s->root, "tmp", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
		st.st_size == 0;
}

int draft_sweep(const struct store *s, struct err *e)
{
	own_dir DIR *d = NULL;
	struct dirent *entry;
	bool first = true;
	int fd;

	if (has_no_drafts(s))
		return 0;
	fd = openat(s->root, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return err_sys(e, "%s/tmp: open", s->root_path);
	while ((entry = readdir(d))) {
		own_fd int lock = entry->d_name[0] == '.' ? -1
							  : lock_leftover(fd, entry->d_name, e);

		if (entry->d_name[0] == '.' ||
		    (lock < 0 && (e->sys == EWOULDBLOCK || e->sys == ENOENT)))
			continue;
		/*
		 * The names first: if this process is killed, the remaining draft
		 * triggers the next sweep.
		 */
		if (first)
			sweep_names(s);
		first = false;
		if (lock < 0 || erase(fd, entry->d_name, e) < 0)
			return err_wrap(e, "%s/tmp: sweep", s->root_path);
	}
	return 0;
}
