/*
 * Two readers stand one after the other: the first takes off the compression,
 * the second reads the tar out of the first. libarchive can do both at once,
 * but takes a tar that just stops between two entries for a whole one; with the
 * bytes passing through here it can be seen whether the end mark came.
 */
#include "layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "confine.h"
#include "entry.h"
#include "err.h"
#include "own.h"
#include "proc.h"
#include "str.h"

enum { READ_SIZE = 1 << 17 };

/* What the child says: how far it is, and at last how it ended. Fits one write to a pipe. */
struct report {
	uint64_t entries, bytes;
	bool ended;
	int result;
	struct err err;
};

/*
 * What is set once all files are there: ACLs, since a default one changes what
 * is made beneath it; the times of directories that stood there already, since
 * libarchive sets those at once, and the next file changes them.
 */
struct late {
	char *path;
	char *acl;		/* its attribute's name; NULL: value holds two struct timespec */
	void *value;
	size_t size;
};

struct unpack {
	const char *what;
	const struct layer_rules *rules;	/* NULL: into an empty directory, all as the archive has it */
	struct strv made;			/* with rules: what was not there before */
	struct archive *plain, *tar, *disk;
	uint64_t fed;			/* bytes of the tar itself so far */
	bool image_mark, root_mark;
	struct late *late;
	size_t late_n;
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
	/* If nobody reads it any more, the parent is gone and so are we. */
	if (write(u->to, &u->now, sizeof(u->now)) < 0)
		_exit(1);
}

/* Why one of the readers stopped. */
static int read_failed(struct unpack *u, struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);

	/* EILSEQ and EINVAL are libarchive's own: a bad archive, a bad call. */
	errno = archive_errno(a);
	if (errno > 0 && errno != EILSEQ && errno != EINVAL)
		return err_sys(e, "%s", u->what);
	if (why && strcasestr(why, "truncated"))
		return err_set(e, "%s: cut short", u->what);
	if (why && strcasestr(why, "unrecognized archive format"))
		return err_set(e, "%s: not a tar archive", u->what);
	return err_set(e, "%s: damaged archive: %s", u->what, why ? why : "cannot be read");
}

static int write_failed(struct unpack *u, const char *name, struct err *e)
{
	const char *why = archive_error_string(u->disk);

	errno = archive_errno(u->disk);
	if (errno <= 0 || errno == EILSEQ)
		return err_set(e, "%.*s: %s", NAME_SHOWN, name, why ? why : "cannot be made");
	return err_sys(e, "%.*s: %.100s", NAME_SHOWN, name, why ? why : "cannot be made");
}

/* The second reader's source. */
static la_ssize_t feed(struct archive *tar, void *arg, const void **data)
{
	struct unpack *u = arg;
	la_int64_t at;
	size_t n;
	int r = archive_read_data_block(u->plain, data, &n, &at);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r < ARCHIVE_WARN) {
		archive_set_error(tar, archive_errno(u->plain), "%s", archive_error_string(u->plain));
		return -1;
	}
	u->fed += n;
	return (la_ssize_t)n;
}

static int open_readers(struct unpack *u, int from, struct err *e)
{
	struct archive_entry *entry;
	int r;

	u->plain = archive_read_new();
	u->tar = archive_read_new();
	u->disk = archive_write_disk_new();
	if (!u->plain || !u->tar || !u->disk)
		abort();
	archive_read_support_filter_gzip(u->plain);
	archive_read_support_filter_bzip2(u->plain);
	archive_read_support_filter_xz(u->plain);
	archive_read_support_filter_zstd(u->plain);
	archive_read_support_format_raw(u->plain);
	archive_read_support_format_empty(u->plain);
	archive_read_support_format_tar(u->tar);
	/* No user lookup is installed: owners are the numbers. */
	archive_write_disk_set_options(u->disk, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM |
				       ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL | ARCHIVE_EXTRACT_XATTR |
				       ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
				       ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS);
	if (archive_read_open_fd(u->plain, from, READ_SIZE) < ARCHIVE_WARN)
		return read_failed(u, u->plain, e);
	r = archive_read_next_header(u->plain, &entry);
	if (r == ARCHIVE_EOF)
		return err_set(e, "%s: empty", u->what);
	if (r < ARCHIVE_WARN)
		return read_failed(u, u->plain, e);
	if (archive_read_open(u->tar, u, NULL, feed, NULL) < ARCHIVE_WARN)
		return read_failed(u, u->tar, e);
	return 0;
}

static void keep(struct unpack *u, const char *path, const char *acl, const void *value, size_t size)
{
	struct late *l;

	u->late = mem_grow(u->late, u->late_n + 1, sizeof(*u->late));
	l = &u->late[u->late_n++];
	*l = (struct late){str_dup(path), str_dup(acl), mem_alloc(size), size};
	if (size)
		memcpy(l->value, value, size);
}

static void keep_times(struct unpack *u, struct archive_entry *entry, const char *path)
{
	struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT},
		{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)},
	};
	struct stat st;

	if (archive_entry_filetype(entry) == AE_IFDIR && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		keep(u, path, NULL, times, sizeof(times));
}

/* Sorts the attributes of an entry: kept, an ACL (exact, unlike its text form), left out. */
static void sort_attributes(struct unpack *u, struct archive_entry *entry, const char *path)
{
	bool acl = false, owned = u->rules && u->rules->owned, disarmed = u->rules && u->rules->disarmed;
	struct archive_entry *kept;
	const void *value;
	const char *name;
	size_t size;

	if (archive_entry_xattr_reset(entry) == 0)
		return;
	kept = archive_entry_clone(entry);
	archive_entry_xattr_clear(entry);
	archive_entry_xattr_reset(kept);
	while (archive_entry_xattr_next(kept, &name, &value, &size) == ARCHIVE_OK) {
		if (!name)
			continue;
		if (str_starts(name, "user.") || (str_equal(name, "security.capability") && !disarmed)) {
			archive_entry_xattr_add_entry(entry, name, value, size);
		} else if (str_starts(name, "system.posix_acl_") && !owned) {
			keep(u, path, name, value, size);
			acl = true;
		}
	}
	archive_entry_free(kept);
	if (acl)
		archive_entry_acl_clear(entry);
}

/* Whether this is a root filesystem or an archive of images shows in what stands at its top. */
static void note_top(struct unpack *u, const char *path, bool file)
{
	static const char *const root[] = {"bin", "sbin", "lib", "usr", "etc"};
	size_t n = strcspn(path, "/");

	if (file && (str_equal(path, "oci-layout") || str_equal(path, "manifest.json")))
		u->image_mark = true;
	for (size_t i = 0; i < sizeof(root) / sizeof(*root); i++)
		if (strlen(root[i]) == n && strncmp(path, root[i], n) == 0)
			u->root_mark = true;
}

static int copy_data(struct unpack *u, const char *name, struct err *e)
{
	const void *data;
	la_int64_t at;
	size_t n;
	int r;

	while ((r = archive_read_data_block(u->tar, &data, &n, &at)) != ARCHIVE_EOF) {
		if (r < ARCHIVE_WARN || r == ARCHIVE_RETRY)
			return read_failed(u, u->tar, e);
		if (archive_write_data_block(u->disk, data, n, at) < ARCHIVE_OK)
			return write_failed(u, name, e);
		u->now.bytes += n;
		tell_progress(u);
	}
	return 0;
}

/*
 * With rules, what is not a directory is made under another name beside its
 * own and put in place when it is whole. That name, while there is such a file:
 * a signal, too, removes it.
 */
static char aside[PATH_MAX];

static void clear_aside(int signal)
{
	if (*aside)
		unlink(aside);
	if (signal)
		_exit(1);
	*aside = '\0';
}

static int set_aside(struct archive_entry *entry, const char *name, struct err *e)
{
	static uint64_t tag;
	const char *base = strrchr(name, '/');
	int n;

	/* Nobody inside can know it before it is there. */
	if (tag == 0 && getrandom(&tag, sizeof(tag), 0) < 0)
		return err_sys(e, "getrandom");
	n = snprintf(aside, sizeof(aside), "%.*s.ct-cp-%016llx", base ? (int)(base + 1 - name) : 0, name,
		     (unsigned long long)tag);
	if (n >= (int)sizeof(aside)) {
		*aside = '\0';
		errno = ENAMETOOLONG;
		return err_sys(e, "%.*s", NAME_SHOWN, name);
	}
	archive_entry_copy_pathname(entry, aside);
	return 0;
}

static int put_in_place(const char *name, struct err *e)
{
	if (rename(aside, name) < 0)
		return err_sys(e, "%.*s", NAME_SHOWN, name);
	clear_aside(0);		/* of two links to one file rename(2) leaves both */
	return 0;
}

/* What the rules want of an entry. Gives 1 if it is there already: a directory stays as it is. */
static int make_way(struct unpack *u, struct archive_entry *entry, const char *name, struct err *e)
{
	bool dir = archive_entry_filetype(entry) == AE_IFDIR && !archive_entry_hardlink(entry);
	struct stat st;
	bool there = lstat(name, &st) == 0;

	if (there && S_ISDIR(st.st_mode) && !dir)
		return err_set(e, "%.*s: a directory there, which a file does not replace", NAME_SHOWN, name);
	if (there && dir)
		return S_ISDIR(st.st_mode) ? 1
		     : err_set(e, "%.*s: not a directory there, and a directory does not replace it", NAME_SHOWN, name);
	if (!there)
		strv_add(&u->made, name);
	if (u->rules->owned) {
		archive_entry_set_uid(entry, u->rules->uid);
		archive_entry_set_gid(entry, u->rules->gid);
		archive_entry_acl_clear(entry);
	}
	if (u->rules->disarmed)
		archive_entry_set_perm(entry, archive_entry_perm(entry) & 01777);
	return dir ? 0 : set_aside(entry, name, e);
}

static int place_entry(struct unpack *u, struct archive_entry *entry, struct err *e)
{
	own_str char *name = NULL;
	int there;

	if (entry_take_names(entry, u->what, e) < 0)
		return -1;
	name = str_dup(archive_entry_pathname(entry));
	note_top(u, name, archive_entry_filetype(entry) == AE_IFREG);
	there = u->rules ? make_way(u, entry, name, e) : 0;
	if (there != 0)
		return there < 0 ? -1 : 0;
	sort_attributes(u, entry, name);
	if (entry_check_owner(entry, e) < 0 || entry_check_acl(entry, e) < 0)
		return -1;
	keep_times(u, entry, name);
	if (archive_write_header(u->disk, entry) < ARCHIVE_OK)
		return write_failed(u, name, e);
	if (archive_entry_size(entry) > 0 && copy_data(u, name, e) < 0)
		return -1;
	if (archive_write_finish_entry(u->disk) < ARCHIVE_OK)
		return write_failed(u, name, e);
	if (*aside && put_in_place(name, e) < 0)
		return -1;
	u->now.entries++;
	tell_progress(u);
	return 0;
}

/* The other way round: what is in a directory goes before it. */
static void take_back(struct unpack *u)
{
	clear_aside(0);
	while (u->made.n > 0)
		remove(u->made.v[--u->made.n]);
}

/* What follows the end mark is read as well: its writer must not die of it, its checksums count. */
static int read_rest(struct unpack *u, int from, struct err *e)
{
	static char rest[READ_SIZE];
	const void *data;
	la_ssize_t n;

	while ((n = feed(u->tar, u, &data)) > 0)
		continue;
	if (n < 0)
		return read_failed(u, u->plain, e);
	while ((n = read(from, rest, sizeof(rest))) > 0)
		continue;
	return n < 0 ? err_sys(e, "%s", u->what) : 0;
}

static int set_late(struct unpack *u, struct err *e)
{
	for (const struct late *l = u->late; l < u->late + u->late_n; l++) {
		if (l->acl && lsetxattr(l->path, l->acl, l->value, l->size, 0) < 0)
			return err_sys(e, "%.*s: its ACL", NAME_SHOWN, l->path);
		if (!l->acl && utimensat(AT_FDCWD, l->path, l->value, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, "%.*s: its times", NAME_SHOWN, l->path);
	}
	return 0;
}

static int unpack_all(struct unpack *u, int from, struct err *e)
{
	struct archive_entry *entry;
	int r;

	if (open_readers(u, from, e) < 0)
		return -1;
	while ((r = archive_read_next_header(u->tar, &entry)) != ARCHIVE_EOF) {
		/* A warning is about the spelling of a name, whose bytes are given as they are. */
		if (r < ARCHIVE_WARN || r == ARCHIVE_RETRY)
			return read_failed(u, u->tar, e);
		if (place_entry(u, entry, e) < 0)
			return -1;
	}
	/* The reader stood at the end mark, if there was one: a block of zeros. */
	if (u->fed < (uint64_t)archive_read_header_position(u->tar) + 512)
		return err_set(e, "%s: cut short (no end of the archive)", u->what);
	if (read_rest(u, from, e) < 0)
		return -1;
	if (!u->rules && u->image_mark && !u->root_mark)
		return err_set(e, "%s: an image archive, not a root filesystem: not read yet", u->what);
	if (archive_write_close(u->disk) < ARCHIVE_OK)
		return write_failed(u, u->what, e);
	return set_late(u, e);
}

/* What is set aside must not outlive us: not all deaths come as SIGKILL. */
static void die_cleanly(void)
{
	struct sigaction sa = {.sa_handler = clear_aside};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* In the child. */
static _Noreturn void child(struct unpack *u, int from, int dest)
{
	int keep[] = {from, u->to};

	clock_gettime(CLOCK_MONOTONIC, &u->told);
	u->now.result = confine_to(dest, keep, 2, &u->now.err);
	if (u->now.result == 0) {
		if (u->rules)
			die_cleanly();
		u->now.result = unpack_all(u, from, &u->now.err);
		if (u->now.result < 0 && u->rules)
			take_back(u);
	}
	u->now.ended = true;
	_exit(write(u->to, &u->now, sizeof(u->now)) == sizeof(u->now) ? 0 : 1);
}

int layer_merge(int from, const char *what, int dest, const struct layer_rules *rules, tree_progress *progress,
		struct err *e)
{
	own_fd int in = -1, out = -1;
	struct report r = {0};
	int pair[2], status;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "%s: pipe", what);
	in = pair[0], out = pair[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "%s: fork", what);
	if (pid == 0)
		child(&(struct unpack){.what = what, .rules = rules, .to = out}, from, dest);
	close(take_fd(&out));
	while (read(in, &r, sizeof(r)) == sizeof(r))
		if (progress)
			progress(r.entries, r.bytes);
	status = proc_wait_child(pid);
	if (!r.ended)
		return err_set(e, "%s: unpacking it broke off (status %d)", what, status);
	if (r.result < 0)
		*e = r.err;
	return r.result;
}

int layer_unpack(int from, const char *what, int dest, tree_progress *progress, struct err *e)
{
	return layer_merge(from, what, dest, NULL, progress, e);
}
