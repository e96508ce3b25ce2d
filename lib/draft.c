#include "draft.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "explain.h"
#include "lock.h"
#include "names.h"
#include "own.h"
#include "subvol.h"

/* Beside a named container's files, a link to its name: removal need not search all names. */
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

int draft_begin(const struct store *s, struct draft *d, struct err *e)
{
	struct stat a, b;
	uint64_t random;

	for (;;) {
		*d = (struct draft){.dir = -1};
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return err_sys(e, "random number");
		snprintf(d->name, sizeof(d->name), "tmp/%016" PRIx64, random);
		if (mkdirat(s->root, d->name, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			return err_sys(e, "%s/%s", s->root_path, d->name);
		}
		d->dir = lock_take(s->root, d->name, e);
		if (d->dir < 0 && e->sys != ENOENT)
			return err_wrap(e, "%s", s->root_path);
		/* A sweep may have found it before the lock was had. */
		if (d->dir >= 0 && fstat(d->dir, &a) == 0 && fstatat(s->root, d->name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
		    a.st_ino == b.st_ino)
			return 0;
		own_close(&d->dir);
	}
}

static void done(struct draft *d)
{
	own_close(&d->dir);
	*d = (struct draft){.dir = -1};
}

static int rename_to(const struct store *s, const struct draft *d, const char *id, unsigned how, struct err *e)
{
	if (explained(renameat2(s->root, d->name, s->root, id, how), "renameat2(%d, \"%s\", %d, \"%s\", %s)", s->root, d->name,
		      s->root, id, how == RENAME_EXCHANGE ? "RENAME_EXCHANGE" : "RENAME_NOREPLACE") < 0)
		return err_sys(e, "%s", id);
	return 0;
}

/*
 * A free name is taken before the object is there, since a link to nothing is
 * still free should this be the end; an image's name moves after, since until
 * then it means the other image.
 */
static int publish_named(const struct store *s, struct draft *d, const char *id, const char *name, struct err *e)
{
	const char *kind = id_kind(id);
	own_fd int lock = lock_take(s->root, ".", e);
	char holder[ID_LEN];
	struct err none;

	if (lock < 0)
		return err_wrap(e, "%s", s->root_path);
	if (is_image(id) && name_holder(s, kind, name, holder) == 0) {
		if (rename_to(s, d, id, RENAME_NOREPLACE, e) < 0)
			return -1;
		if (name_take(s, kind, name, id, e) == 0)
			return 0;
		/* What failed is not there: a draft again, for its owner to drop. */
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

int draft_publish(const struct store *s, struct draft *d, const char *id, const char *name, struct err *e)
{
	int r = name ? publish_named(s, d, id, name, e) : rename_to(s, d, id, RENAME_NOREPLACE, e);

	if (r < 0)
		return -1;
	done(d);
	if (is_image(id) && ((name && sync_dir(s, "names/img", e) < 0) || sync_dir(s, ".", e) < 0))
		return -1;
	return 0;
}

int draft_exchange(const struct store *s, struct draft *d, const char *id, struct err *e)
{
	struct err none;

	if (rename_to(s, d, id, RENAME_EXCHANGE, e) < 0)
		return -1;
	done(d);
	if (sync_dir(s, ".", e) < 0)
		return -1;
	/* The old one stands in tmp/ now, and nobody's lock is on it. If it cannot go yet, it goes later. */
	store_sweep(s->root, &none);
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

/* One rename takes the names with it: those that lead to nothing count as free, also if this is the end. */
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
	for (size_t i = 0; i < names.n; i++)
		name_drop(s, id_kind(id), names.v[i], id, &(struct err){0});
	return 0;
}

int store_remove(const struct store *s, const char *id, struct err *e)
{
	struct draft d;

	if (s->root < 0 || faccessat(s->root, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (draft_begin(s, &d, e) < 0)
		return e->sys == ENOSPC || e->sys == EDQUOT ? subvol_erase(s->root, id, e) : -1;
	if (take_away(s, id, &d, e) < 0) {
		draft_drop(s, &d);
		return e->sys == ENOSPC || e->sys == EDQUOT ? subvol_erase(s->root, id, e) : -1;
	}
	if (subvol_erase(d.dir, "gone", e) < 0) {
		own_close(&d.dir);
		return err_wrap(e, "%s", id);
	}
	draft_drop(s, &d);
	return 0;
}
