#include "container/moment.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/shell.h"
#include "base/str.h"
#include "container/container.h"
#include "container/pause.h"
#include "kernel/subvol.h"
#include "store/names.h"
#include "store/volstore.h"

/* --- which containers stand still --- */

struct halt {
	struct pause *v;
	size_t n;
	sigset_t signals;
};

/* Whether the container mounts the volume by this name ("NAME:DST" or "NAME:DST:ro"). */
static bool uses(const struct record *config, const char *volume)
{
	size_t n = strlen(volume);

	for (size_t i = 0; i < config->keys.n; i++)
		if (str_equal(config->keys.v[i], "volume") &&
		    str_starts(config->values.v[i], volume) && config->values.v[i][n] == ':')
			return true;
	return false;
}

static bool is_concerned(const struct container *c, const char *id, const struct strv *names)
{
	if (str_equal(c->id, id))
		return true;
	for (size_t i = 0; i < names->n; i++)
		if (uses(&c->config, names->v[i]))
			return true;
	return false;
}

static int halt_one(const struct store *s, const struct container *c, struct halt *h, struct err *e)
{
	own_str char *group = container_group(c->id);
	struct container_state st;

	if (!container_runs(s, c, &st))
		return 0;
	h->v = mem_grow_one(h->v, h->n, sizeof(*h->v));
	if (pause_begin(s->run, c->id, group, &h->v[h->n], e) < 0)
		return err_wrap(e, "%s", c->id);
	h->n++;
	return 0;
}

/* Oldest first, so that two commands wait for each other in one order. */
static int halt_all(const struct store *s, const char *id, struct halt *h, struct err *e)
{
	own_strv struct strv names = {0}, ids = {0};

	if (id_is(id, "vol") && name_list(s, "vol", id, &names, e) < 0)
		return -1;
	if (id_is(id, "ps"))
		strv_add(&ids, id);
	else if (store_list(s, "ps", &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_container struct container c = CONTAINER_NONE;

		/* A container that was removed meanwhile does not run. */
		if (container_open(s, ids.v[i], &c, e) == 0 && is_concerned(&c, id, &names) &&
		    halt_one(s, &c, h, e) < 0)
			return -1;
	}
	return 0;
}

/* A signal that ended this process now would leave containers frozen. */
static int halt_begin(const struct store *s, const char *id, struct halt *h, struct err *e)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &h->signals);
	return halt_all(s, id, h, e);
}

static int halt_end(struct halt *h, struct err *e)
{
	int r = 0;

	while (h->n-- > 0)
		if (pause_end(&h->v[h->n], e) < 0)
			r = -1;
	free(h->v);
	sigprocmask(SIG_SETMASK, &h->signals, NULL);
	return r;
}

/* --- the subvolumes --- */

/* The names of an object's subvolumes. */
static void names_of(int dir, const char *id, struct strv *names)
{
	struct stat st;

	strv_add(names, id_is(id, "vol") ? "data" : "rootfs");
	for (size_t k = 0; id_is(id, "ps") && k + 1 < MOMENT_FILES; k++) {
		own_str char *name = volstore_own_name(k);

		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			strv_add(names, name);
	}
}

static int open_object(const struct store *s, const char *id, struct err *e)
{
	int fd = openat(s->root, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s", id) : fd;
}

static int open_files(int dir, const char *name, struct err *e)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s", name) : fd;
}

/* Explains a shell command on a subvolume. The optional second operand is a path in the store. */
static void tell_same(const struct store *s, const char *id, const char *name, const char *command,
		      const char *second)
{
	own_str char *path = str_fmt("%s/%s/%s", s->root_path, id, name);
	own_buf struct buf line = {0};

	if (explain_fd < 0)
		return;
	buf_fmt(&line, "%s ", command);
	shell_word(&line, path);
	if (second) {
		buf_str(&line, " ");
		shell_word(&line, s->root_path);
		buf_str(&line, second);
	}
	explain_same(line.data);
}

/* What is to be taken of which object. */
struct wanted {
	const char *id;
	int dir; /* the object's directory */
	struct strv names;
	bool read_only;
};

static int snapshot_all(const struct store *s, const struct wanted *w, int to, struct err *e)
{
	for (size_t i = 0; i < w->names.n; i++) {
		own_fd int from = open_files(w->dir, w->names.v[i], e);

		if (from < 0 || subvol_check_plain(from, e) < 0 ||
		    subvol_snapshot(from, to, w->names.v[i], w->read_only, e) < 0)
			return -1;
		tell_same(s, w->id, w->names.v[i], "btrfs subvolume snapshot -r", "/by-hand");
	}
	return 0;
}

/* Freezes the containers that use the object while the snapshots are taken. */
static int snapshot_frozen(const struct store *s, const struct wanted *w, int to, struct err *e)
{
	struct halt h = {0};
	struct err ignored;
	int r;

	/* Most dirty data is written before the freeze, which keeps the freeze short. */
	if (explained(syncfs(w->dir), "syncfs(%d)", w->dir) < 0)
		return err_sys(e, "%s: write to disk", w->id);
	tell_same(s, w->id, w->names.v[0], "sync -f", NULL);
	r = halt_begin(s, w->id, &h, e);
	if (r == 0)
		r = snapshot_all(s, w, to, e);
	return halt_end(&h, r < 0 ? &ignored : e) < 0 ? -1 : r;
}

/*
 * A start of a container may be filling the volume: waits for it. If that start was killed, the
 * volume is only partly filled.
 */
static int lock_volume(int dir, const char *id, struct err *e)
{
	own_fd int lock = lock_take(dir, ".", e);

	if (lock < 0)
		return err_wrap(e, "%s", id);
	return faccessat(dir, "filling", F_OK, AT_SYMLINK_NOFOLLOW) < 0
		? take_fd(&lock)
		: err_set(e,
			  "%s: was not filled completely (the next container that uses it fills it)",
			  id);
}

int moment_snapshot(const struct store *s, const char *id, bool freeze, bool read_only, int to,
		    struct err *e)
{
	own_fd int dir = open_object(s, id, e);
	struct wanted w = {.id = id, .dir = dir, .read_only = read_only};
	own_fd int lock = -1;
	int r;

	if (dir < 0 || (id_is(id, "vol") && (lock = lock_volume(dir, id, e)) < 0))
		return -1;
	names_of(dir, id, &w.names);
	r = freeze && !id_is(id, "img") ? snapshot_frozen(s, &w, to, e)
					: snapshot_all(s, &w, to, e);
	strv_free(&w.names);
	return r;
}

int moment_snapshot_root(const struct store *s, const char *id, int to, struct err *e)
{
	own_fd int dir = open_object(s, id, e);
	struct wanted w = {.id = id, .dir = dir};
	int r;

	if (dir < 0)
		return -1;
	strv_add(&w.names, "rootfs");
	r = snapshot_frozen(s, &w, to, e);
	strv_free(&w.names);
	return r;
}

static int open_all(struct moment *m, int dir, struct err *e)
{
	own_strv struct strv names = {0};

	names_of(dir, m->id, &names);
	for (; m->n < names.n; m->n++) {
		struct moment_files *f = &m->files[m->n];

		f->fd = open_files(dir, names.v[m->n], e);
		if (f->fd < 0)
			return -1;
		memcpy(f->name, names.v[m->n], strlen(names.v[m->n]) + 1);
	}
	return 0;
}

static int find(const struct store *s, const char *ref, struct moment *m, struct err *e)
{
	own_str char *file = NULL;
	int found = name_find(s, ref, m->id, e);

	if (found <= 0)
		return found < 0 ? -1 : err_set(e, "%s: no such container, image or volume", ref);
	file = str_fmt("%s/config", m->id);
	m->dir = open_object(s, m->id, e);
	if (m->dir < 0 || record_read(s->root, file, &m->config, e) < 0)
		return -1;
	if (id_is(m->id, "ps") && record_get(&m->config, "rootfs"))
		return err_set(e, "%s: runs on the directory %s, not on a snapshot", ref,
			       record_get(&m->config, "rootfs"));
	return 0;
}

/* A snapshot of a volume is sent under its own identity. */
static bool is_snapshot(const struct moment *m)
{
	own_fd int data = id_is(m->id, "vol")
		? openat(m->dir, "data", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
		: -1;

	return data >= 0 && subvol_is_read_only(data);
}

int moment_take(const struct store *s, const char *ref, bool freeze, struct moment *m,
		struct err *e)
{
	*m = (struct moment)MOMENT_NONE;
	if (find(s, ref, m, e) < 0)
		return -1;
	if (id_is(m->id, "img") || is_snapshot(m))
		return open_all(m, m->dir, e) < 0 ? err_wrap(e, "%s", ref) : 0;
	if (draft_begin(s, &m->draft, e) < 0)
		return -1;
	if (moment_snapshot(s, m->id, freeze, true, m->draft.dir, e) < 0 ||
	    open_all(m, m->draft.dir, e) < 0)
		return err_wrap(e, "%s", ref);
	return 0;
}

void moment_drop(const struct store *s, struct moment *m)
{
	while (m->n > 0)
		own_close(&m->files[--m->n].fd);
	own_close(&m->dir);
	record_free(&m->config);
	draft_drop(s, &m->draft);
	*m = (struct moment)MOMENT_NONE;
}
