#include "store/store.h"
#include "store/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/num.h"
#include "base/own.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/record.h"
#include "kernel/subvol.h"
#include "store/storefs.h"

static const char format_now[] = "1\n";

/* --- ids --- */

int store_list(const struct store *s, const char *kind, struct strv *ids, struct err *e)
{
	return s->root < 0 ? 0 : ids_list(s->root, kind, ids, e);
}

int store_new_id(const struct store *s, const char *kind, char id[ID_LEN], struct err *e)
{
	return ids_next(s->root, kind, id, e);
}

/* --- opening --- */

static char *env_path(const char *variable, const char *usual, struct err *e)
{
	const char *value = getenv(variable);
	char *path = str_dup(value && *value ? value : usual);
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	if (path[0] == '/' && n > 1)
		return path;
	err_set(e, "%s: %s: not an absolute path of a directory", variable, path);
	free(path);
	return NULL;
}

static int find_paths(struct store *s, struct err *e)
{
	*s = (struct store){.root = -1, .run = -1};
	s->root_path = env_path("CT_ROOT", "/var/lib/ct", e);
	if (s->root_path)
		s->run_path = env_path("CT_RUN", "/run/ct", e);
	return s->run_path ? 0 : -1;
}

/*
 * 1: a store of this format; 0: no store yet; -1: a store of another format, which
 * must not be changed.
 */
static int has_format(int root, const char *path, struct err *e)
{
	own_buf struct buf b = {0};

	if (file_read(root, "format", 64, &b, e) < 0)
		return e->sys == ENOENT ? 0 : err_wrap(e, "%s", path);
	if (strcmp(b.data, format_now) != 0)
		return err_set(e, "%s: a store of another version of ct (format %.20s)", path,
			       b.data);
	return 1;
}

/*
 * The name of "format" until the store is complete. It distinguishes an incomplete store from
 * an unrelated directory.
 */
static const char mark[] = "format.new";

static bool has_mark(int root)
{
	own_buf struct buf b = {0};
	struct err none;

	/* A killed process may have written a part of it. */
	return file_read(root, mark, 64, &b, &none) == 0 && str_starts(format_now, b.data);
}

static int empty_or_marked(int root, const char *path, struct err *e)
{
	static const char *const ours[] = {".", "..", "names", "tmp", mark};
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t i, known = has_mark(root) ? sizeof(ours) / sizeof(*ours) : 2;
	struct dirent *entry;

	if (!d)
		return err_sys(e, "%s", path);
	while ((entry = readdir(d))) {
		for (i = 0; i < known && strcmp(entry->d_name, ours[i]) != 0; i++)
			continue;
		if (i == known)
			return err_set(e, "%s: neither empty nor a store of ct", path);
	}
	return 0;
}

/*
 * Turns an empty subvolume into a store. The mark is written first and renamed to `format`
 * last; after a crash in between, the next call repeats all steps.
 */
static int make_store(int root, const char *path, struct err *e)
{
	static const char *const dirs[] = {"tmp", "names", "names/img", "names/ps", "names/vol"};
	own_fd int lock = lock_take(root, ".", e);
	int had;

	if (lock < 0)
		return err_wrap(e, "%s", path);
	had = has_format(root, path, e);
	if (had)
		return had < 0 ? -1 : 0;
	if (empty_or_marked(root, path, e) < 0)
		return -1;
	if (file_write(root, mark, 0600, format_now, strlen(format_now), e) < 0)
		return err_wrap(e, "%s", path);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (mkdirat(root, dirs[i], 0700) < 0 && errno != EEXIST)
			return err_sys(e, "%s/%s", path, dirs[i]);
	if (fchmod(root, 0700) < 0 || syncfs(root) < 0 || renameat(root, mark, root, "format") < 0)
		return err_sys(e, "%s", path);
	if (fsync(root) == 0)
		return 0;
	err_sys(e, "%s", path);
	renameat(root, "format", root, mark);
	return -1;
}

/* 1: the store is up; 0: it is not. */
static int look(struct store *s, struct err *e)
{
	int r;

	s->root = open(s->root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->root < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", s->root_path);
	r = subvol_supported(s->root) ? has_format(s->root, s->root_path, e) : 0;
	if (r != 1)
		close(take_fd(&s->root));
	return r;
}

static int bring_up(struct store *s, bool *mounted, struct err *e)
{
	s->root = storefs_up(s->root_path, s->note, sizeof(s->note), mounted, e);
	return s->root < 0 ? -1 : make_store(s->root, s->root_path, e);
}

/* Opens CT_RUN, which other users must not be able to write. s->run is -1 or checked. */
static int open_run(struct store *s, struct err *e)
{
	struct stat st;

	s->run = open(s->run_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->run < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", s->run_path);
	if (fstat(s->run, &st) < 0)
		return err_sys(e, "%s", s->run_path);
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return err_set(e, "%s: others can write to it", s->run_path);
	return 0;
}

static int make_run(const struct store *s, struct err *e)
{
	own_str char *up =
		str_dup_n(s->run_path, (size_t)(strrchr(s->run_path, '/') - s->run_path));
	own_fd int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	own_fd int parent = path_mkdirs(slash, *up ? up : "/", 0755, e);

	if (parent < 0)
		return -1;
	if (mkdirat(parent, strrchr(s->run_path, '/') + 1, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "%s", s->run_path);
	return 0;
}

/*
 * Restores records whose data a power cut lost (file_keep). A record that cannot be
 * rewritten can still be read.
 */
static int repair_records(int root, const char *kind, struct err *e)
{
	own_strv struct strv ids = {0};
	struct err ignored;

	if (ids_list(root, kind, &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_str char *path = str_fmt("%s/config", ids.v[i]);

		record_repair(root, path, &ignored);
	}
	return 0;
}

/*
 * Complete blobs have mode 0400 (blobs.h), but may not have been synced: mark them
 * for fetching again. A blob that a layer has too, by a hard link (layering.c), must not be
 * written to: its name is removed.
 */
static int distrust_blobs(int root, struct err *e)
{
	int fd = openat(root, "blobs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    (st.st_nlink > 1 ? unlinkat(fd, entry->d_name, 0)
				     : fchmodat(fd, entry->d_name, 0600, 0)) < 0)
			return err_sys(e, "blobs/%s", entry->d_name);
	}
	return 0;
}

/*
 * Runs once after each boot, which clears CT_RUN, and each mount: a power cut
 * may have preceded it.
 */
static int after_boot(const struct store *s, struct err *e)
{
	if (ids_after_boot(s->root, e) < 0 || repair_records(s->root, "ps", e) < 0 ||
	    repair_records(s->root, "vol", e) < 0 || distrust_blobs(s->root, e) < 0)
		return err_wrap(e, "%s", s->root_path);
	return make_run(s, e);
}

static int open_up(struct store *s, bool *mounted, struct err *e)
{
	bool boot;
	struct err left;

	/* Checked first, so that a refused CT_RUN costs nothing. */
	if (open_run(s, e) < 0)
		return -1;
	boot = s->run < 0 || s->root < 0;
	if (s->root < 0 && bring_up(s, mounted, e) < 0)
		return -1;
	if (boot && after_boot(s, e) < 0)
		return -1;
	if (s->run < 0 && open_run(s, e) < 0)
		return -1;
	/* A draft that cannot be deleted does no harm, but the user should know. */
	if (draft_sweep(s, &left) < 0 && !s->note[0])
		snprintf(s->note, sizeof(s->note), "%.*s", (int)sizeof(s->note) - 1, left.msg);
	return 0;
}

static int open_look(struct store *s, struct err *e)
{
	own_str char *file = NULL;

	if (s->root < 0) {
		file = storefs_file(s->root_path);
		if (file)
			snprintf(s->note, sizeof(s->note),
				 "the store at %s is down: 'ct-store up' brings it up",
				 s->root_path);
	}
	return open_run(s, e);
}

int store_open(struct store *s, enum store_want want, struct err *e)
{
	bool mounted = false;
	struct err ignored;

	if (find_paths(s, e) == 0 && look(s, e) >= 0 &&
	    (want == STORE_UP ? open_up(s, &mounted, e) : open_look(s, e)) == 0)
		return 0;
	shut_fd(&s->root);
	if (mounted)
		storefs_down(s->root_path, &ignored);
	store_close(s);
	return -1;
}

void store_close(struct store *s)
{
	own_close(&s->root);
	own_close(&s->run);
	free(s->root_path);
	free(s->run_path);
	*s = (struct store){.root = -1, .run = -1};
}

/* --- down, grow --- */

/* Whether a process that CT_RUN/ID/state names (container.h) is alive. */
static bool is_running(const struct store *s, const char *id)
{
	static const char *const keys[][2] = {{"pid", "start"}, {"supervisor", "supervisor-start"}};
	own_str char *name = str_fmt("%s/state", id);
	own_record struct record r = {0};
	struct proc_id p;
	struct err none;

	if (record_read(s->run, name, &r, &none) < 0)
		return false;
	for (size_t i = 0; i < 2; i++) {
		p.pid = (pid_t)record_get_uint(&r, keys[i][0]);
		p.start = record_get_uint(&r, keys[i][1]);
		if (proc_alive(&p))
			return true;
	}
	return false;
}

static int refuse_if_running(const struct store *s, struct err *e)
{
	own_strv struct strv ids = {0};

	if (s->run < 0)
		return 0;
	if (ids_list(s->run, "ps", &ids, e) < 0)
		return err_wrap(e, "%s", s->run_path);
	for (size_t i = 0; i < ids.n; i++)
		if (is_running(s, ids.v[i]))
			return err_set(e, "%s: %s is running", s->root_path, ids.v[i]);
	return 0;
}

int store_down(struct err *e)
{
	own_store struct store s;
	own_fd int lock = -1; /* once taken, no process makes spares (spare.h) */
	struct err ignored;

	if (find_paths(&s, e) < 0 || open_run(&s, e) < 0 || refuse_if_running(&s, e) < 0)
		return -1;
	if (s.run >= 0)
		lock = lock_take(s.run, ".", &ignored);
	/* A directory that is not a store, or is read-only, is unmounted nevertheless. */
	if (look(&s, &ignored) == 1)
		ids_settle(s.root, &ignored);
	shut_fd(&s.root);
	return storefs_down(s.root_path, e);
}

int store_grow(uint64_t bytes, struct err *e)
{
	own_store struct store s;

	return find_paths(&s, e) < 0 ? -1 : storefs_grow(s.root_path, bytes, e);
}
