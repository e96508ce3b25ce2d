#include "tar/untar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#include "tar/early.h"
#include "tar/holes.h"
#include "tar/lateattr.h"
#include "tar/newfile.h"
#include "tar/tarentry.h"
#include "tar/tarread.h"
#include "tar/whiteout.h"

enum { MEMORY_MAX = 1 << 30, IDLE_MS = 500, EARLY_MIN = 32 << 20 };

/* Message of the child: its progress, and finally its result. It fits one write to a pipe. */
struct report {
	uint64_t entries, bytes;
	bool ended;
	int result;
	struct err err;
};

struct unpack {
	struct tarread in;
	const struct untar_rules *rules; /* untar_merge: existing files stay; or NULL */
	const struct untar_watch *watch; /* untar_apply: a layer on top of others; or NULL */
	struct bounds bounds;            /* of a layer */
	struct whiteout lower;
	struct newfile_dir dir;
	char *twice; /* untar_unpack: a file that occurred before; or NULL */
	struct archive *disk;
	struct lateattr late;
	struct early *early; /* NULL: a merge, or a small archive so far */
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

/* A merge is not followed by a sync, and a thread is not worth it for a small archive. */
static void write_early(struct unpack *u)
{
	if (u->rules || u->now.bytes < EARLY_MIN)
		return;
	if (!u->early)
		u->early = early_begin();
	early_tell(u->early, u->now.bytes);
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

/* A file that is written to without libarchive. */
struct file {
	int fd;
	off_t end; /* the offset after the last byte written */
};

static int write_file(void *file, const void *data, size_t n, off_t at)
{
	struct file *f = file;
	const char *from = data;
	ssize_t w;

	for (; n > 0; from += w, n -= (size_t)w, at += w)
		if ((w = pwrite(f->fd, from, n, at)) < 0)
			return -1;
	f->end = at;
	return 0;
}

static int write_disk(void *disk, const void *data, size_t n, off_t at)
{
	return archive_write_data_block(disk, data, n, at) < ARCHIVE_OK ? -1 : 0;
}

/* f: NULL: libarchive has the file. */
static int copy_data(struct unpack *u, struct file *f, const char *name, struct err *e)
{
	holes_writer *write = f ? write_file : write_disk;
	void *to = f ? (void *)f : u->disk;
	const void *data;
	size_t n;
	off_t at;
	int r, w;

	while ((r = tarread_data(&u->in, &data, &n, &at, e)) > 0) {
		u->now.bytes += n;
		if (u->watch && bounds_store(&u->bounds, u->now.bytes, e) < 0)
			return -1;
		w = u->watch ? holes_write(write, to, data, n, at) : write(to, data, n, at);
		if (w < 0 && f)
			return err_sys(e, "%.*s: Write failed", NAME_SHOWN, name);
		if (w < 0)
			return write_failed(u, name, e);
		write_early(u);
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

static int enter_dir(void *arg, const struct stat *st, const char *path, struct err *e)
{
	struct unpack *u = arg;

	return u->watch ? whiteout_enter(&u->lower, st, path, e) : 0;
}

/* Makes an ordinary file. Returns 0 if libarchive is to make the entry. */
static int place_ordinary(struct unpack *u, struct archive_entry *entry, const char *name,
			  struct err *e)
{
	own_fd int fd = -1;
	struct file file;
	int r;

	if (u->rules || !newfile_is_ordinary(entry) || str_equal(name, ".") ||
	    (u->watch && whiteout_concerns(name)))
		return 0;
	if (tarentry_check_owner(entry, e) < 0)
		return -1;
	r = newfile_open(&u->dir, entry, name, enter_dir, u, &fd, e);
	if (r <= 0)
		return r;
	file = (struct file){.fd = fd};
	if (archive_entry_size(entry) > 0 && copy_data(u, &file, name, e) < 0)
		return -1;
	return newfile_finish(fd, entry, file.end) < 0
		? err_sys(e, "%.*s: set its size, owner, mode and times", NAME_SHOWN, name)
		: 1;
}

static int place_entry(struct unpack *u, struct archive_entry *entry, struct err *e)
{
	own_str char *name = NULL;
	int there;

	if (tarentry_take_names(entry, u->in.what, e) < 0)
		return -1;
	name = str_dup(archive_entry_pathname(entry));
	there = place_ordinary(u, entry, name, e);
	if (there != 0) {
		tell_progress(u);
		return there < 0 ? -1 : 0;
	}
	newfile_leave(&u->dir);
	there = u->watch   ? whiteout_prepare(&u->lower, entry, name, e)
		: u->rules ? make_way(u, entry, name, e)
			   : replace_link(entry, name, e);
	if (there != 0)
		return there < 0 ? -1 : 0;
	if (!u->watch && !u->rules)
		note_twice(u, entry, name);
	if (lateattr_sort(&u->late, entry, name, e) < 0 || tarentry_check_owner(entry, e) < 0 ||
	    tarentry_check_acl(entry, e) < 0 || lateattr_times(&u->late, entry, name, e) < 0)
		return -1;
	if (archive_write_header(u->disk, entry) < ARCHIVE_OK)
		return write_failed(u, name, e);
	if (archive_entry_size(entry) > 0 && copy_data(u, NULL, name, e) < 0)
		return -1;
	if (archive_write_finish_entry(u->disk) < ARCHIVE_OK)
		return write_failed(u, name, e);
	if (atomic_place(name, e) < 0)
		return -1;
	tell_progress(u);
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
	u->late = (struct lateattr){.layer = u->watch,
				    .owned = u->rules && u->rules->owned,
				    .disarmed = u->rules && u->rules->disarmed};
	if (unpack_entries(u, e) < 0 || tarread_end(&u->in, e) < 0 ||
	    (u->watch && u->watch->end(u->watch->arg, e) < 0))
		return -1;
	if (archive_write_close(u->disk) < ARCHIVE_OK)
		return write_failed(u, u->in.what, e);
	if ((u->watch && whiteout_end(&u->lower, e) < 0) || lateattr_set(&u->late, e) < 0)
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
		u->in.ahead = true;
		u->now.result = unpack_all(u, from, &u->now.err);
		if (u->now.result < 0 && u->rules)
			atomic_undo();
	}
	u->now.ended = true;
	_exit(write(u->to, &u->now, sizeof(u->now)) == sizeof(u->now) ? 0 : 1);
}

/* Waits for the next message of the child. */
static bool hear(const struct unpack *u, int from, struct report *r)
{
	struct pollfd p = {.fd = from, .events = POLLIN};

	if (u->watch && u->watch->idle)
		while (poll(&p, 1, IDLE_MS) <= 0) /* a signal, too, is no message */
			u->watch->idle(u->watch->arg);
	return read(from, r, sizeof(*r)) == sizeof(*r);
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
	while (hear(u, end, &r))
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

static int more_of_layer(void *arg, uint64_t have, struct err *e)
{
	const struct unpack *u = arg;

	return u->watch->more(u->watch->arg, have, e);
}

/* Receives all decompressed bytes of a layer. */
static int see_layer(void *arg, const void *data, size_t n, struct err *e)
{
	const struct unpack *u = arg;

	u->watch->see(u->watch->arg, data, n);
	return bounds_bytes(&u->bounds, u->in.made, e);
}

int untar_apply(int from, const char *what, int dest, const struct untar_watch *watch,
		treecopy_progress *progress, struct err *e)
{
	struct unpack u = {.in = {.what = what,
				  .verified = true,
				  .see = see_layer,
				  .more = watch->more ? more_of_layer : NULL,
				  .arg = &u},
			   .watch = watch};

	return bounds_begin(&u.bounds, what, e) < 0 ? -1 : run_child(&u, from, dest, progress, e);
}
