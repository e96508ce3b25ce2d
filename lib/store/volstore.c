#include "store/volstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/num.h"
#include "base/own.h"
#include "base/path.h"
#include "base/record.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/names.h"
#include "tar/treecopy.h"

/* Exists beside `data` while that is being filled. */
static const char filling[] = "filling";

/* Opens target in the container's root directory; -1 with e->sys 0 if it is not a directory, or
 * NULL. */
static int open_source(int root, const char *target, struct err *e)
{
	int fd = target ? path_open(root, target, O_RDONLY | O_DIRECTORY, 0) : -1;

	if (fd >= 0)
		return fd;
	if (target)
		err_sys(e, "%s", target);
	if (!target || e->sys == ENOENT || e->sys == ENOTDIR || e->sys == ELOOP)
		e->sys = 0;
	return -1;
}

int volstore_create(int dir, const char *name, int root, const char *target, struct err *e)
{
	own_fd int from = -1, to = -1;

	if (subvol_create(dir, name, e) < 0)
		return -1;
	to = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0 || fchmod(to, 0755) < 0)
		return err_sys(e, "%s", name);
	from = open_source(root, target, e);
	if (from < 0)
		return e->sys == 0 ? 0 : -1;
	return treecopy_copy(from, target, to, NULL, NULL, e);
}

static bool is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return d;
}

static bool is_being_filled(int vol)
{
	return faccessat(vol, filling, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Makes the volume's future content as a subvolume beside its data, in one step. */
static int begin_filling(const struct store *s, int vol, int root, const char *target,
			 struct err *e)
{
	struct draft draft = {.dir = -1};
	int failed;

	if (draft_begin(s, &draft, e) < 0)
		return -1;
	failed = volstore_create(draft.dir, filling, root, target, e) < 0;
	if (!failed && renameat(draft.dir, filling, vol, filling) < 0)
		failed = err_sys(e, "%s", filling);
	draft_drop(s, &draft);
	return failed ? -1 : 0;
}

/*
 * Other containers may have mounted the empty volume, so it cannot be exchanged for a full one.
 * If the filling process is killed, the next process finds `filling` and continues.
 */
static int fill(const struct store *s, int vol, int data, int root, const char *target,
		struct err *e)
{
	own_fd int lock = -1, from = -1;

	if (!is_being_filled(vol) && !is_empty(data))
		return 0;
	lock = lock_take(vol, ".", e);
	if (lock < 0)
		return -1;
	if (!is_being_filled(vol)) {
		if (!is_empty(data)) /* another process filled it before we had the lock */
			return 0;
		from = open_source(root, target, e);
		if (from < 0)
			return e->sys == 0 ? 0 : -1;
		if (is_empty(from))
			return treecopy_merge(from, target, data, e);
		shut_fd(&from);
		if (begin_filling(s, vol, root, target, e) < 0)
			return -1;
	}
	from = openat(vol, filling, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return err_sys(e, "%s", filling);
	return treecopy_merge(from, target, data, e) < 0 ? -1 : subvol_delete(vol, filling, e);
}

static int make(const struct store *s, const char *name, int root, const char *target,
		struct err *e)
{
	own_record struct record config = {0};
	char id[ID_LEN], created[NUM_TIME_LEN];
	struct draft draft = {.dir = -1};
	struct timespec now;
	int failed;

	clock_gettime(CLOCK_REALTIME, &now);
	num_time_format(&now, created);
	record_add(&config, "created", created);
	if (draft_begin(s, &draft, e) < 0)
		return -1;
	failed = volstore_create(draft.dir, "data", root, target, e) < 0 ||
		record_keep(draft.dir, "config", &config, e) < 0 ||
		store_new_id(s, "vol", id, e) < 0 || draft_publish(s, &draft, id, name, e) < 0;
	draft_drop(s, &draft);
	/* Another process has made a volume of that name meanwhile: use that volume. */
	return failed && e->sys != EEXIST ? -1 : 0;
}

char *volstore_path(const struct store *s, const char *name, struct err *e)
{
	char id[ID_LEN];

	return name_resolve(s, "vol", name, id, e) < 0 ? NULL
						       : str_fmt("%s/%s/data", s->root_path, id);
}

char *volstore_own_name(size_t k)
{
	return str_fmt("data-%zu", k);
}

static int open_volume(const struct store *s, const char *name, struct err *e)
{
	char id[ID_LEN];
	int fd;

	if (name_resolve(s, "vol", name, id, e) < 0)
		return -1;
	fd = openat(s->root, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "%s", id) : fd;
}

int volstore_open(const struct store *s, const char *name, int root, const char *target,
		  struct err *e)
{
	own_fd int vol = open_volume(s, name, e), data = -1;

	if (vol < 0 && e->sys == ENOENT && make(s, name, root, target, e) == 0)
		vol = open_volume(s, name, e);
	if (vol < 0)
		return err_wrap(e, "volume %s", name);
	data = openat(vol, "data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data < 0)
		return err_sys(e, "volume %s", name);
	return fill(s, vol, data, root, target, e) < 0 ? err_wrap(e, "volume %s", name)
						       : take_fd(&data);
}
