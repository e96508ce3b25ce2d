#include "store/layering.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/record.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "tar/untar.h"

enum { CHUNK = 1 << 18 };

void layering_chain(const struct strv *diffids, struct strv *out)
{
	char id[DIGEST_LEN] = "";

	for (size_t i = 0; i < diffids->n; i++) {
		own_str char *both = i ? str_fmt("%s %s", id, diffids->v[i]) : NULL;

		if (both)
			digest_of(both, strlen(both), id);
		else
			snprintf(id, sizeof(id), "%s", diffids->v[i]);
		strv_add(out, digest_hex(id));
	}
}

struct check {
	struct digest digest;
	const char *diffid;
	const struct layer_file *file;
};

static void see(void *arg, const void *data, size_t n)
{
	struct check *c = arg;

	digest_add(&c->digest, data, n);
}

static int compare(void *arg, struct err *e)
{
	struct check *c = arg;
	char is[DIGEST_LEN];

	digest_end(&c->digest, is);
	return str_equal(is, c->diffid)
		? 0
		: err_set(e, "%s: content has digest %s, not the diff id %s", c->file->what, is,
			  c->diffid);
}

static int more(void *arg, uint64_t have, struct err *e)
{
	const struct check *c = arg;

	return c->file->more(c->file->arg, have, e);
}

static void idle(void *arg)
{
	const struct check *c = arg;

	c->file->idle(c->file->arg);
}

static int apply(int rootfs, const char *diffid, const struct layer_file *file,
		 treecopy_progress *progress, struct err *e)
{
	struct check c = {.diffid = diffid, .file = file};
	struct untar_watch watch = {.see = see,
				    .end = compare,
				    .more = file->more ? more : NULL,
				    .idle = file->idle ? idle : NULL,
				    .arg = &c};
	int r;

	/*
	 * Before the child changes its root: libcrypto reads its configuration
	 * when it is first used.
	 */
	digest_begin(&c.digest);
	r = untar_apply(file->fd, file->what, rootfs, &watch, progress, e);
	digest_drop(&c.digest);
	/* Damaged content has a cause: the transfer failed, or the file has another digest. */
	return file->whole && file->whole(file->arg, e) < 0 ? -1 : r;
}

/* The digest of a whole file. */
static int digest_file(int fd, char out[DIGEST_LEN], struct err *e)
{
	own_digest struct digest d = {0};
	own_str char *chunk = mem_alloc(CHUNK);
	ssize_t n;
	off_t at = 0;

	digest_begin(&d);
	while ((n = pread(fd, chunk, CHUNK, at)) > 0) {
		digest_add(&d, chunk, (size_t)n);
		at += n;
	}
	if (n < 0)
		return err_sys(e, "read the layer's file");
	digest_end(&d, out);
	return 0;
}

static bool is_compressed(int fd)
{
	static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	unsigned char first[4] = {0};

	return pread(fd, first, sizeof(first), 0) > 0 &&
		(memcmp(first, gzip, sizeof(gzip)) == 0 || memcmp(first, zstd, sizeof(zstd)) == 0);
}

/* Copies the bytes of a tar, which btrfs compresses. */
static int copy_tar(int from, int to)
{
	own_str char *chunk = mem_alloc(CHUNK);
	off_t at = 0;
	ssize_t n;

	fsetxattr(to, "btrfs.compression", "zstd", 4, 0);
	while ((n = pread(from, chunk, CHUNK, at)) > 0) {
		if (fd_write_all(to, chunk, (size_t)n) < 0)
			return -1;
		at += n;
	}
	return (int)n;
}

/* Puts the file into the draft. A link needs no write to the disk, unlike a copy of the extents. */
static int put_blob(const struct draft *d, const struct layer_file *file, bool compressed)
{
	own_str char *path = str_fmt("/proc/self/fd/%d", file->fd);
	own_fd int to = -1;

	if (compressed && file->settled &&
	    linkat(AT_FDCWD, path, d->dir, LAYERSTORE_BLOB, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	to = openat(d->dir, LAYERSTORE_BLOB, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (to < 0)
		return -1;
	return compressed ? ioctl(to, FICLONE, file->fd) : copy_tar(file->fd, to);
}

/*
 * Keeps the layer's file as `blob` in the draft, with its digest in config. A file that cannot be
 * kept (a pipe, or one of another file system) is no error: the image then leaves the store with a
 * layer made from its files.
 */
static int keep_blob(const struct draft *d, const struct layer_file *file, const char *diffid,
		     struct record *config, struct err *e)
{
	bool compressed = is_compressed(file->fd);
	/* Docker's archives have no digests of their files, which are mostly the tars themselves. */
	const char *digest = file->digest ? file->digest : compressed ? NULL : diffid;
	char is[DIGEST_LEN];
	struct stat st;
	int sys;

	if (fstat(file->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (put_blob(d, file, compressed) < 0) {
		sys = errno;
		unlinkat(d->dir, LAYERSTORE_BLOB, 0);
		errno = sys;
		return errno == ENOSPC || errno == EDQUOT
			? err_sys(e, "%s/" LAYERSTORE_BLOB, d->name)
			: 0;
	}
	if (!digest && digest_file(file->fd, is, e) < 0)
		return -1;
	record_add(config, "blob", digest ? digest : is);
	return 0;
}

static int fill(const struct store *s, const struct draft *d, const char *parent,
		const char *diffid, const struct layer_file *file, treecopy_progress *progress,
		struct err *e)
{
	own_record struct record config = {0};
	own_fd int rootfs = -1;

	if (layerstore_snapshot(s, parent, d, e) < 0)
		return -1;
	rootfs = openat(d->dir, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rootfs < 0)
		return err_sys(e, "%s: rootfs", file->what);
	record_add(&config, "diffid", diffid);
	record_add(&config, "parent", parent);
	if (apply(rootfs, diffid, file, progress, e) < 0 ||
	    keep_blob(d, file, diffid, &config, e) < 0 ||
	    record_write(d->dir, "config", &config, e) < 0 ||
	    subvol_set_read_only(rootfs, true, e) < 0)
		return -1;
	return syncfs(d->dir) < 0 ? err_sys(e, "%s: write the layer to disk", file->what) : 0;
}

int layering_add(const struct store *s, const char *parent, const char *chain, const char *diffid,
		 const struct layer_file *file, treecopy_progress *progress, struct err *e)
{
	own_str char *path = str_fmt("layers/%s", chain);
	own_fd int dir = openat(s->root, "layers", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct draft d;
	int r;

	if (dir < 0)
		return err_sys(e, "%s/layers", s->root_path);
	if (layerstore_have(s, chain))
		return 0;
	if (draft_begin(s, &d, e) < 0)
		return -1;
	r = fill(s, &d, parent, diffid, file, progress, e);
	if (r == 0) {
		r = draft_publish(s, &d, path, NULL, e);
		if (r < 0 && e->sys == EEXIST) /* another process has added it */
			r = 0;
	}
	draft_drop(s, &d);
	return r == 0 && fsync(dir) < 0 ? err_sys(e, "write %s", path) : r;
}
