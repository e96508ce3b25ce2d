#include "oci/ocistate.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "container/pause.h"

#define RECORD "state"

/* The characters that runc allows. A first dot would be a file of ours (.seccomp), or "..". */
static bool is_id(const char *id)
{
	if (!*id || *id == '.' || *id == '-' || strlen(id) >= sizeof(((struct ocistate *)0)->id))
		return false;
	while (*id && (isalnum((unsigned char)*id) || strchr("_+-.", *id)))
		id++;
	return *id == '\0';
}

int ociroot_open(const char *path, bool make, struct err *e)
{
	own_str char *above = str_dup(path);
	struct stat st;
	int fd;

	for (char *slash = above; make && (slash = strchr(slash + 1, '/')); *slash = '/') {
		*slash = '\0';
		mkdir(above, 0755);
	}
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s", path);
	if (fstat(fd, &st) == 0 && (st.st_uid != geteuid() || st.st_mode & 022)) {
		close(fd);
		return err_set(e, "%s: other users may write to it", path);
	}
	return fd;
}

int ociroot_list(int root, struct strv *ids, struct err *e)
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return err_sys(e, "list the containers");
	while ((entry = readdir(dir)))
		if (is_id(entry->d_name))
			strv_add(ids, entry->d_name);
	strv_sort(ids, 0);
	return 0;
}

static int begin(int root, const char *id, struct ocistate *s, struct err *e)
{
	if (!is_id(id))
		return err_set(e, "%s: not an id (letters, digits and _ + - . only)", id);
	s->root = root;
	snprintf(s->id, sizeof(s->id), "%s", id);
	return 0;
}

int ocistate_make(int root, const char *id, struct ocistate *s, struct err *e)
{
	if (begin(root, id, s, e) < 0)
		return -1;
	if (mkdirat(root, id, 0700) < 0)
		return errno == EEXIST ? err_set(e, "%s: container exists already", id)
				       : err_sys(e, "%s", id);
	s->dir = openat(root, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return err_sys(e, "%s", id);
	s->lock = lock_take(s->dir, ".", e);
	return s->lock < 0 ? err_wrap(e, "%s", id) : 0;
}

/* A pid of before the last boot is that of another process. */
static bool is_of_this_boot(const struct record *r)
{
	const char *boot = record_get(r, "boot");
	char now[37];
	struct err ignored;

	return boot && proc_boot_id(now, &ignored) == 0 && strcmp(boot, now) == 0;
}

static enum ocistatus status_of(const struct ocistate *s)
{
	struct err ignored;
	int lock;

	if (!s->first.pid) {
		lock = s->lock < 0 ? lock_try(s->dir, ".", &ignored) : -1;
		if (lock < 0 && s->lock < 0)
			return OCI_CREATING;
		own_close(&lock);
		return OCI_STOPPED;
	}
	if (!proc_alive(&s->first))
		return OCI_STOPPED;
	if (pause_is_frozen(s->cgroup))
		return OCI_PAUSED;
	return proc_has_executed(s->first.pid) ? OCI_RUNNING : OCI_CREATED;
}

static void take_record(struct ocistate *s)
{
	s->cgroup = record_get(&s->record, "cgroup");
	s->bundle = record_get(&s->record, "bundle");
	s->first.pid = (pid_t)record_get_uint(&s->record, "pid");
	s->first.start = record_get_uint(&s->record, "start");
}

static int read_record(struct ocistate *s, struct err *e)
{
	struct stat st;

	record_free(&s->record);
	s->record = (struct record){0};
	/* A create or delete that was killed at its first or last step leaves an empty directory. */
	if (fstatat(s->dir, RECORD, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    record_read(s->dir, RECORD, &s->record, e) < 0)
		return err_wrap(e, "%s", s->id);
	take_record(s);
	if (!is_of_this_boot(&s->record))
		s->first = (struct proc_id){0};
	s->status = status_of(s);
	return 0;
}

int ocistate_open(int root, const char *id, struct ocistate *s, struct err *e)
{
	if (begin(root, id, s, e) < 0)
		return -1;
	s->dir = root < 0 ? -1 : openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dir < 0 && (root < 0 || errno == ENOENT))
		return err_code(e, ENOENT, "%s: container does not exist", id);
	if (s->dir < 0)
		return err_sys(e, "%s", id);
	return read_record(s, e);
}

int ocistate_lock(struct ocistate *s, struct err *e)
{
	s->lock = lock_take(s->dir, ".", e);
	return s->lock < 0 ? err_wrap(e, "%s", s->id) : read_record(s, e);
}

void ocistate_unlock(struct ocistate *s)
{
	if (s->lock >= 0)
		lock_fd(s->lock, LOCK_UN);
	shut_fd(&s->lock);
}

int ocistate_write(struct ocistate *s, struct err *e)
{
	if (record_write(s->dir, RECORD, &s->record, e) < 0)
		return err_wrap(e, "%s", s->id);
	take_record(s);
	return 0;
}

int ocistate_remove(struct ocistate *s, struct err *e)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, RECORD) != 0)
			unlinkat(s->dir, entry->d_name, 0);
	if (unlinkat(s->dir, RECORD, 0) < 0 && errno != ENOENT)
		return err_sys(e, "%s: remove its state", s->id);
	if (unlinkat(s->root, s->id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "%s: remove its state", s->id);
	return 0;
}

void ocistate_close(struct ocistate *s)
{
	own_close(&s->lock);
	own_close(&s->dir);
	record_free(&s->record);
}

const char *ocistatus_name(enum ocistatus status)
{
	static const char *const names[] = {"creating", "created", "running", "paused", "stopped"};

	return names[status];
}

static void set(json_t *to, const char *key, const char *text)
{
	/* A path that is not UTF-8 is no JSON string. */
	json_t *value = text ? json_string(text) : NULL;

	json_object_set_new(to, key, value ? value : json_string(""));
}

/* Asked only when a state is shown: the user's name takes twenty system calls. */
static char *owner_of(const struct record *r)
{
	uid_t uid = (uid_t)record_get_uint(r, "uid");
	const struct passwd *user = getpwuid(uid);

	return user ? str_dup(user->pw_name) : str_fmt("%u", uid);
}

json_t *ocistate_json(const struct ocistate *s, const json_t *annotations, enum ocistatus status,
		      pid_t pid)
{
	own_str char *owner = owner_of(&s->record);
	json_t *all = json_object();

	set(all, "ociVersion", record_get(&s->record, "version"));
	set(all, "id", s->id);
	json_object_set_new(all, "pid", json_integer(status == OCI_STOPPED ? 0 : pid));
	set(all, "status", ocistatus_name(status));
	set(all, "bundle", s->bundle);
	set(all, "rootfs", record_get(&s->record, "rootfs"));
	set(all, "created", record_get(&s->record, "created"));
	set(all, "owner", owner);
	if (annotations)
		json_object_set(all, "annotations", (json_t *)(uintptr_t)annotations);
	return all;
}
