#include "tar/untar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"
#include "kernel/confine.h"
#include "kernel/subvol.h"
#include "tar/atomic.h"
#include "tar/bounds.h"
#include "tar/holes.h"
#include "tar/tarentry.h"
#include "tar/tarread.h"
#include "tar/whiteout.h"

/* Bounds for the names of directories and their ACLs, which are kept until the end. */
enum { KEPT_MAX = 256 << 20, MEMORY_MAX = 1 << 30 };

/* Message of the child: its progress, and finally its result. It fits one write to a pipe. */
struct report {
	uint64_t entries, bytes;
	bool ended;
	int result;
	struct err err;
};

/*
 * Set after all files exist: ACLs, because a default ACL changes files made beneath
 * it; the times of existing directories, because libarchive sets them at once and the
 * next file changes them.
 */
struct late {
	char *path;
	char *acl; /* name of its attribute; NULL: value holds two struct timespec */
	void *value;
	size_t size;
};

struct unpack {
	struct tarread in;
	const struct untar_rules *rules; /* untar_merge: existing files stay; or NULL */
	const struct untar_watch *watch; /* untar_apply: a layer on top of others; or NULL */
	struct bounds bounds;            /* of a layer */
	struct whiteout lower;
	char *twice; /* untar_unpack: a file that occurred before; or NULL */
	struct archive *disk;
	struct late *late;
	size_t late_n;
	size_t kept; /* bytes, approximately */
	struct report now;
	struct timespec told;
	int to;
};

static void tell_progress(struct unpack *u)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if ((t.tv_sec - u->told.tv_sec) * 1000 + (t.tv_nsec - u->told.tv_nsec) / 1000000 < 100)
		return;
	u->told = t;
	/* A closed pipe means that the parent is gone: end too. */
	if (write(u->to, &u->now, sizeof(u->now)) < 0)
		_exit(1);
}

static int write_failed(struct unpack *u, const char *name, struct err *e)
{
	const char *why = archive_error_string(u->disk);
	const char *other = atomic_name(), *at = why && *other ? strstr(why, other) : NULL;
	own_str char *known =
		at ? str_fmt("%.*s%s%s", (int)(at - why), why, name, at + strlen(other)) : NULL;

	why = known ? known : why; /* replaces the temporary name by the name that the user knows */
	errno = archive_errno(u->disk);
	if (errno <= 0 || errno == EILSEQ)
		return err_set(e, "%.*s: %s", NAME_SHOWN, name, why ? why : "cannot be made");
	return err_sys(e, "%.*s: %.100s", NAME_SHOWN, name, why ? why : "cannot be made");
}

static void open_disk(struct unpack *u)
{
	/* No user lookup is installed, so owners are numeric. */
	int flags = ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
		ARCHIVE_EXTRACT_ACL | ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
		ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS;

	u->disk = archive_write_disk_new();
	if (!u->disk)
		abort();
	/*
	 * Archives rely on symbolic links of their own and of lower layers: lib/x where lib is
	 * a link to usr/lib. The child's root directory confines such links. In a directory
	 * that may be in use no link is followed.
	 */
	archive_write_disk_set_options(
		u->disk,
		u->rules && !u->rules->follow ? flags | ARCHIVE_EXTRACT_SECURE_SYMLINKS : flags);
}

/*
 * Counts memory that is kept until the end. Only layers are bounded: the user did not
 * choose their content.
 */
static int take_room(struct unpack *u, const char *path, size_t size, struct err *e)
{
	u->kept += strlen(path) + size + 256;
	if (!u->watch || u->kept <= KEPT_MAX)
		return 0;
	return err_set(e, "%.*s: too many directories and ACLs (limit: 256 MiB of memory)",
		       NAME_SHOWN, path);
}

static int keep(struct unpack *u, const char *path, const char *acl, const void *value, size_t size,
		struct err *e)
{
	struct late *l;

	if (take_room(u, path, size, e) < 0)
		return -1;
	u->late = mem_grow(u->late, u->late_n + 1, sizeof(*u->late));
	l = &u->late[u->late_n++];
	*l = (struct late){str_dup(path), str_dup(acl), mem_alloc(size), size};
	if (size)
		memcpy(l->value, value, size);
	return 0;
}

/*
 * In a layer whiteout.h sets the times; but libarchive remembers every directory, which
 * counts as kept memory.
 */
static int keep_times(struct unpack *u, struct archive_entry *entry, const char *path,
		      struct err *e)
{
	struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT},
		{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)},
	};
	struct stat st;

	if (archive_entry_filetype(entry) != AE_IFDIR)
		return 0;
	if (u->watch)
		return take_room(u, path, 0, e);
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return keep(u, path, NULL, times, sizeof(times), e);
	return 0;
}

/* Sorts an entry's attributes: kept, ACL (exact, unlike its text form), or dropped. */
static int sort_attributes(struct unpack *u, struct archive_entry *entry, const char *path,
			   struct err *e)
{
	bool acl = false, owned = u->rules && u->rules->owned,
	     disarmed = u->rules && u->rules->disarmed;
	struct archive_entry *kept;
	const void *value;
	const char *name;
	size_t size;
	int r = 0;

	if (archive_entry_xattr_reset(entry) == 0)
		return 0;
	kept = archive_entry_clone(entry);
	archive_entry_xattr_clear(entry);
	archive_entry_xattr_reset(kept);
	while (r == 0 && archive_entry_xattr_next(kept, &name, &value, &size) == ARCHIVE_OK) {
		if (!name)
			continue;
		if (str_starts(name, "user.") ||
		    (str_equal(name, "security.capability") && !disarmed)) {
			archive_entry_xattr_add_entry(entry, name, value, size);
		} else if (str_starts(name, "system.posix_acl_") && !owned) {
			r = keep(u, path, name, value, size, e);
			acl = true;
		}
	}
	archive_entry_free(kept);
	if (acl)
		archive_entry_acl_clear(entry);
	return r;
}

static int copy_data(struct unpack *u, const char *name, struct err *e)
{
	const void *data;
	size_t n;
	off_t at;
	int r;

	while ((r = tarread_data(&u->in, &data, &n, &at, e)) > 0) {
		u->now.bytes += n;
		if (u->watch && bounds_store(&u->bounds, u->now.bytes, e) < 0)
			return -1;
		if ((u->watch ? holes_write(u->disk, data, n, at)
			      : archive_write_data_block(u->disk, data, n, at)) < ARCHIVE_OK)
			return write_failed(u, name, e);
		tell_progress(u);
	}
	return r;
}

/*
 * Applies the rules to an entry. Returns 1 if the entry is an existing directory,
 * which stays unchanged.
 */
static int make_way(struct unpack *u, struct archive_entry *entry, const char *name, struct err *e)
{
	bool dir = archive_entry_filetype(entry) == AE_IFDIR && !archive_entry_hardlink(entry);
	struct stat st;
	bool there = lstat(name, &st) == 0;

	if (there && u->rules->follow && S_ISDIR(st.st_mode) != dir) {
		if (subvol_erase(AT_FDCWD, name, e) < 0)
			return err_wrap(e, "%.*s", NAME_SHOWN, name);
		there = false;
	}
	if (there && S_ISDIR(st.st_mode) && !dir)
		return err_set(e, "%.*s: is a directory (a file does not replace it)", NAME_SHOWN,
			       name);
	if (there && dir)
		return S_ISDIR(st.st_mode)
			? 1
			: err_set(e, "%.*s: is not a directory (a directory does not replace it)",
				  NAME_SHOWN, name);
	if (!there)
		atomic_new(name);
	if (u->rules->owned) {
		archive_entry_set_uid(entry, u->rules->uid);
		archive_entry_set_gid(entry, u->rules->gid);
		archive_entry_acl_clear(entry);
	}
	if (u->rules->disarmed)
		archive_entry_set_perm(entry, archive_entry_perm(entry) & 01777);
	return dir ? 0 : atomic_set(entry, name, e);
}

/*
 * Removes a symbolic link that a directory of a plain archive replaces, like tar -x. libarchive
 * would follow the link.
 */
static int replace_link(struct archive_entry *entry, const char *name, struct err *e)
{
	struct stat st;

	if (archive_entry_filetype(entry) != AE_IFDIR || lstat(name, &st) < 0 ||
	    !S_ISLNK(st.st_mode))
		return 0;
	return unlink(name) < 0 ? err_sys(e, "%.*s", NAME_SHOWN, name) : 0;
}

static void note_twice(struct unpack *u, struct archive_entry *entry, const char *name)
{
	struct stat st;

	if (!u->twice && archive_entry_filetype(entry) != AE_IFDIR && lstat(name, &st) == 0)
		u->twice = str_dup(name);
}

static int place_entry(struct unpack *u, struct archive_entry *entry, struct err *e)
{
	own_str char *name = NULL;
	int there;

	if (tarentry_take_names(entry, u->in.what, e) < 0)
		return -1;
	name = str_dup(archive_entry_pathname(entry));
	there = u->watch   ? whiteout_prepare(&u->lower, entry, name, e)
		: u->rules ? make_way(u, entry, name, e)
			   : replace_link(entry, name, e);
	if (there != 0)
		return there < 0 ? -1 : 0;
	if (!u->watch && !u->rules)
		note_twice(u, entry, name);
	if (sort_attributes(u, entry, name, e) < 0 || tarentry_check_owner(entry, e) < 0 ||
	    tarentry_check_acl(entry, e) < 0 || keep_times(u, entry, name, e) < 0)
		return -1;
	if (archive_write_header(u->disk, entry) < ARCHIVE_OK)
		return write_failed(u, name, e);
	if (archive_entry_size(entry) > 0 && copy_data(u, name, e) < 0)
		return -1;
	if (archive_write_finish_entry(u->disk) < ARCHIVE_OK)
		return write_failed(u, name, e);
	if (atomic_place(name, e) < 0)
		return -1;
	tell_progress(u);
	return 0;
}

static int set_late(struct unpack *u, struct err *e)
{
	for (size_t i = 0; i < u->late_n; i++) {
		const struct late *l = &u->late[i];

		if (l->acl && lsetxattr(l->path, l->acl, l->value, l->size, 0) < 0)
			return err_sys(e, "%.*s: set its ACL", NAME_SHOWN, l->path);
		if (!l->acl && utimensat(AT_FDCWD, l->path, l->value, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, "%.*s: set its times", NAME_SHOWN, l->path);
	}
	return 0;
}

static int unpack_entries(struct unpack *u, struct err *e)
{
	struct archive_entry *entry;
	int r;

	while ((r = tarread_next(&u->in, &entry, e)) > 0) {
		u->now.entries++;
		if ((u->watch && bounds_entries(&u->bounds, u->now.entries, e) < 0) ||
		    place_entry(u, entry, e) < 0)
			return -1;
	}
	return r;
}

static int unpack_all(struct unpack *u, int from, struct err *e)
{
	if (tarread_open(&u->in, from, e) < 0 || (u->watch && whiteout_begin(&u->lower, e) < 0))
		return -1;
	open_disk(u);
	if (unpack_entries(u, e) < 0 || tarread_end(&u->in, e) < 0 ||
	    (u->watch && u->watch->end(u->watch->arg, e) < 0))
		return -1;
	if (archive_write_close(u->disk) < ARCHIVE_OK)
		return write_failed(u, u->in.what, e);
	if ((u->watch && whiteout_end(&u->lower, e) < 0) || set_late(u, e) < 0)
		return -1;
	if (u->twice)
		err_set(e, "%s: %.*s: occurs twice", u->in.what, NAME_SHOWN, u->twice);
	return u->twice ? 1 : 0;
}

/*
 * Beyond the limit an allocation fails, and the child reports an error or dies.
 * (AddressSanitizer reserves terabytes at start.)
 */
static void bound_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY_MAX, MEMORY_MAX});
#endif
}

/* Runs in the child. */
static _Noreturn void child(struct unpack *u, int from, int dest)
{
	int keep[] = {from, u->to};

	clock_gettime(CLOCK_MONOTONIC, &u->told);
	u->now.result = confine_to(dest, keep, 2, &u->now.err);
	if (u->now.result == 0) {
		if (u->rules)
			atomic_begin();
		bound_memory();
		u->now.result = unpack_all(u, from, &u->now.err);
		if (u->now.result < 0 && u->rules)
			atomic_undo();
	}
	u->now.ended = true;
	_exit(write(u->to, &u->now, sizeof(u->now)) == sizeof(u->now) ? 0 : 1);
}

static int run_child(struct unpack *u, int from, int dest, treecopy_progress *progress,
		     struct err *e)
{
	own_fd int end = -1;
	struct report r = {0};
	pid_t pid = proc_fork_pipe(&end);
	int status;

	if (pid < 0)
		return err_sys(e, "%s: fork", u->in.what);
	if (pid == 0) {
		u->to = end;
		child(u, from, dest);
	}
	while (read(end, &r, sizeof(r)) == sizeof(r))
		if (progress)
			progress(r.entries, r.bytes);
	status = proc_wait_child(pid);
	if (!r.ended) {
		err_set(e,
			"%s: unpacking was killed, or needs more than 1 GiB of memory (status %d)",
			u->in.what, status);
		e->sys = status == 128 + SIGKILL ? EINTR : 0;
		return -1;
	}
	if (r.result == 0)
		return 0;
	*e = r.err;
	/* The error must say which of several layers failed. */
	return u->watch && !str_starts(e->msg, u->in.what) ? err_wrap(e, "%s", u->in.what)
							   : r.result;
}

int untar_unpack(int from, const char *what, int dest, treecopy_progress *progress, struct err *e)
{
	return run_child(&(struct unpack){.in.what = what}, from, dest, progress, e);
}

int untar_merge(int from, const char *what, int dest, const struct untar_rules *rules,
		treecopy_progress *progress, struct err *e)
{
	return run_child(&(struct unpack){.in.what = what, .rules = rules}, from, dest, progress,
			 e);
}

/* Receives all decompressed bytes of a layer. */
static int see_layer(void *arg, const void *data, size_t n, struct err *e)
{
	const struct unpack *u = arg;

	u->watch->see(u->watch->arg, data, n);
	return bounds_bytes(&u->bounds, u->in.fed, e);
}

int untar_apply(int from, const char *what, int dest, const struct untar_watch *watch,
		treecopy_progress *progress, struct err *e)
{
	struct unpack u = {.in = {.what = what, .verified = true, .see = see_layer, .arg = &u},
			   .watch = watch};

	return bounds_begin(&u.bounds, what, e) < 0 ? -1 : run_child(&u, from, dest, progress, e);
}
