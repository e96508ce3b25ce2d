#include "data.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "names.h"
#include "num.h"
#include "own.h"
#include "path.h"
#include "record.h"
#include "subvol.h"
#include "tree.h"

int data_create(int dir, const char *name, int root, const char *target, struct err *e)
{
	own_fd int from = -1, to = -1;

	if (subvol_create(dir, name, e) < 0)
		return -1;
	to = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0 || fchmod(to, 0755) < 0)
		return err_sys(e, "%s", name);
	from = path_open(root, target, O_RDONLY | O_DIRECTORY, 0);
	if (from < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : err_sys(e, "%s", target);
	return tree_copy(from, target, to, NULL, e);
}

static int make(const struct store *s, const char *name, int root, const char *target, struct err *e)
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
	failed = data_create(draft.dir, "data", root, target, e) < 0 ||
		 record_write(draft.dir, "config", &config, e) < 0 ||
		 store_new_id(s, "vol", id, e) < 0 || draft_publish(s, &draft, id, name, e) < 0;
	draft_drop(s, &draft);
	/* Somebody else has made one of that name meanwhile: that one is it. */
	return failed && e->sys != EEXIST ? -1 : 0;
}

char *data_path(const struct store *s, const char *name, struct err *e)
{
	char id[ID_LEN];

	return name_resolve(s, "vol", name, id, e) < 0 ? NULL : str_fmt("%s/%s/data", s->root_path, id);
}

char *data_own_name(size_t k)
{
	return str_fmt("data-%zu", k);
}

int data_open(const struct store *s, const char *name, int root, const char *target, struct err *e)
{
	own_str char *path = data_path(s, name, e);
	int fd;

	if (!path && e->sys == ENOENT && make(s, name, root, target, e) == 0)
		path = data_path(s, name, e);
	if (!path)
		return err_wrap(e, "volume %s", name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "volume %s", name) : fd;
}
