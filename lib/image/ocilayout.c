#include "image/ocilayout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/jq.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"
#include "image/manifest.h"
#include "store/ref.h"

/* The largest number of indexes between index.json and a manifest. */
enum { DEPTH_MAX = 3 };

/*
 * Opens a regular file and gets its size; returns -1 with errno. The type is checked before the
 * file is opened, because opening a device may have effects.
 */
static int open_regular(int dir, const char *path, uint64_t *size)
{
	own_fd int fd = path_open(dir, path, O_PATH, 0);
	char self[32];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	*size = (uint64_t)st.st_size;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return open(self, O_RDONLY | O_CLOEXEC);
}

static int open_file(const struct ocilayout *l, const char *path, uint64_t *size, struct err *e)
{
	int fd = open_regular(l->dir, path, size);

	return fd < 0 ? err_sys(e, "%s: %.200s", l->what, path) : fd;
}

static int read_open(const struct ocilayout *l, int fd, const char *path, uint64_t size,
		     struct buf *out, struct err *e)
{
	own_str char *data = NULL;

	if (size > MANIFEST_MAX)
		return err_set(e, "%s: %.200s: larger than %d bytes", l->what, path, MANIFEST_MAX);
	data = mem_alloc(size + 1);
	if (read(fd, data, size) != (ssize_t)size)
		return err_sys(e, "%s: read %.200s", l->what, path);
	buf_add(out, data, size);
	return 0;
}

static int read_file(const struct ocilayout *l, const char *path, struct buf *out, struct err *e)
{
	uint64_t size;
	own_fd int fd = open_file(l, path, &size, e);

	return fd < 0 ? -1 : read_open(l, fd, path, size, out, e);
}

static char *blob_path(const char *digest)
{
	return str_fmt("blobs/sha256/%s", digest_hex(digest));
}

static int compare(int fd, const char *digest)
{
	own_digest struct digest d = {0};
	own_str char *chunk = mem_alloc(1 << 17);
	char is[DIGEST_LEN];
	ssize_t n;

	digest_begin(&d);
	while ((n = read(fd, chunk, 1 << 17)) > 0)
		digest_add(&d, chunk, (size_t)n);
	if (n < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	digest_end(&d, is);
	return str_equal(is, digest);
}

/* Compares the size first: a wrong size shows a wrong file before all of it is read. */
static int open_blob(const struct ocilayout *l, const struct descriptor *blob, struct err *e)
{
	own_str char *path = blob_path(blob->digest);
	uint64_t size;
	own_fd int fd = open_file(l, path, &size, e);
	int same;

	if (fd < 0)
		return -1;
	if (size != blob->size)
		return err_set(e, "%s: %s: %llu bytes, not %llu", l->what, path,
			       (unsigned long long)size, (unsigned long long)blob->size);
	same = compare(fd, blob->digest);
	if (same < 0)
		return err_sys(e, "%s: read %s", l->what, path);
	if (!same)
		return err_set(e, "%s: %s: its content has another digest", l->what, path);
	return take_fd(&fd);
}

static int read_blob(const struct ocilayout *l, const struct descriptor *blob, struct buf *out,
		     struct err *e)
{
	own_str char *path = blob_path(blob->digest);
	own_fd int fd = open_blob(l, blob, e);

	return fd < 0 ? -1 : read_open(l, fd, path, blob->size, out, e);
}

static int read_config(struct ocilayout *l, const char *path, const struct buf *json, struct err *e)
{
	own_str char *what = str_fmt("%s: %.200s", l->what, path);
	char digest[DIGEST_LEN];

	if (manifest_config(json->data, json->len, l->layers.n, NULL, what, &l->config, e) < 0)
		return -1;
	digest_of(json->data, json->len, digest);
	record_add(&l->config, "config-digest", digest);
	return 0;
}

/* Follows indexes to the manifest for this platform. */
static int descend(struct ocilayout *l, struct manifest *m, struct err *e)
{
	struct descriptor next;

	for (int depth = 0; m->kind == MANIFEST_INDEX; depth++) {
		own_buf struct buf json = {0};
		own_str char *what = NULL;

		next = m->list[0];
		manifest_free(m);
		*m = (struct manifest){0};
		what = str_fmt("%s: %s", l->what, next.digest);
		if (depth == DEPTH_MAX)
			return err_set(e, "%s: indexes are nested too deep", what);
		strv_add(&l->digests, next.digest);
		if (read_blob(l, &next, &json, e) < 0 ||
		    manifest_read(json.data, json.len, next.type, NULL, what, m, e) < 0)
			return -1;
		if (m->kind == MANIFEST_IMAGE) {
			l->manifest_json = json;
			json = (struct buf){0};
		}
	}
	return 0;
}

static int read_oci(struct ocilayout *l, const char *image, struct err *e)
{
	own_str char *what = str_fmt("%s: index.json", l->what), *path = NULL;
	own_buf struct buf json = {0};
	own_manifest struct manifest m = {0};

	if (read_file(l, "index.json", &json, e) < 0 ||
	    manifest_read_listed(json.data, json.len, image, what, &m, e) < 0)
		return -1;
	l->said = m.names;
	m.names = (struct strv){0};
	if (descend(l, &m, e) < 0)
		return -1;
	for (size_t i = 0; i < m.n; i++)
		strv_take(&l->layers, blob_path(m.list[i].digest));
	path = blob_path(m.config.digest);
	if (read_blob(l, &m.config, &l->config_json, e) < 0 ||
	    read_config(l, path, &l->config_json, e) < 0)
		return -1;
	record_add(&l->config, "digest", l->digests.v[l->digests.n - 1]);
	l->blobs = take_ptr(&m.list);
	return 0;
}

/* A file named HEX.json or blobs/sha256/HEX must have that digest. */
static int check_config_name(const struct ocilayout *l, const char *path, const struct buf *json,
			     struct err *e)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	own_str char *says = str_fmt("sha256:%.*s", (int)strcspn(base, "."), base);
	char is[DIGEST_LEN];

	digest_of(json->data, json->len, is);
	if (digest_is(says) && !str_equal(says, is))
		return err_set(e, "%s: %.200s: its content has another digest", l->what, path);
	return 0;
}

static int read_docker(struct ocilayout *l, const char *image, struct err *e)
{
	own_str char *what = str_fmt("%s: manifest.json", l->what);
	struct buf *config = &l->config_json;
	own_buf struct buf json = {0};
	own_record struct record r = {0};
	const char *path;

	if (read_file(l, "manifest.json", &json, e) < 0 ||
	    jq_read("dockersave", (const char *[]){"image", image, NULL}, json.data, json.len, what,
		    &r, e) < 0)
		return -1;
	path = record_get(&r, "config");
	if (!path)
		return err_set(e, "%s: no Config", what);
	record_get_list(&r, "layer", &l->layers);
	record_get_list(&r, "name", &l->said);
	if (l->layers.n > MANIFEST_LAYERS)
		return err_set(e, "%s: more than %d layers", what, MANIFEST_LAYERS);
	if (read_file(l, path, config, e) < 0 || check_config_name(l, path, config, e) < 0)
		return -1;
	return read_config(l, path, config, e);
}

static bool has(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool has_marker(int dir)
{
	struct stat st;

	return fstatat(dir, "oci-layout", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* A root file system may contain the manifest.json of a web application, which is a JSON object. */
static bool starts_list(int dir, const char *name)
{
	uint64_t size;
	own_fd int fd = open_regular(dir, name, &size);
	char text[64] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	return n > 0 && text[strspn(text, " \t\r\n")] == '[';
}

bool ocilayout_found(int dir)
{
	static const char *const root[] = {"bin", "sbin", "lib", "usr", "etc"};

	for (size_t i = 0; i < sizeof(root) / sizeof(*root); i++)
		if (has(dir, root[i]))
			return false;
	return has_marker(dir) || starts_list(dir, "manifest.json");
}

static int list_docker(const struct ocilayout *l, struct strv *images, struct err *e)
{
	own_str char *what = str_fmt("%s: manifest.json", l->what);
	own_buf struct buf json = {0};
	own_record struct record r = {0};

	if (read_file(l, "manifest.json", &json, e) < 0 ||
	    jq_read("dockersave", (const char *[]){"image", "list", NULL}, json.data, json.len,
		    what, &r, e) < 0)
		return -1;
	record_get_list(&r, "image", images);
	return 0;
}

int ocilayout_list(int dir, const char *what, struct strv *images, struct err *e)
{
	const struct ocilayout l = {.dir = dir, .what = what};
	own_str char *index = str_fmt("%s: index.json", what);
	own_buf struct buf json = {0};

	if (!has_marker(dir))
		return list_docker(&l, images, e);
	return read_file(&l, "index.json", &json, e) < 0
		? -1
		: manifest_list_layout(json.data, json.len, index, images, e);
}

int ocilayout_read(int dir, const char *what, const char *image, struct ocilayout *l, struct err *e)
{
	*l = (struct ocilayout){.dir = dir, .what = what};
	if ((has_marker(dir) ? read_oci(l, image, e) : read_docker(l, image, e)) == 0)
		return 0;
	ocilayout_free(l);
	return -1;
}

void ocilayout_free(struct ocilayout *l)
{
	record_free(&l->config);
	buf_free(&l->config_json);
	buf_free(&l->manifest_json);
	strv_free(&l->layers);
	strv_free(&l->digests);
	strv_free(&l->said);
	free(l->blobs);
	*l = (struct ocilayout){.dir = -1};
}

static void add_name(struct strv *names, char *name)
{
	if (strv_has(names, name))
		free(name);
	else
		strv_take(names, name);
}

int ocilayout_names(const struct ocilayout *l, struct strv *names, struct err *e)
{
	for (size_t i = 0; i < l->said.n; i++) {
		own_ref struct ref ref = {0};

		if (ref_parse(l->said.v[i], &ref, e) < 0)
			return err_wrap(e, "%s", l->what);
		if (!ref.digest)
			add_name(names, ref_name(&ref));
		for (size_t k = 0; k < l->digests.n; k++)
			add_name(names, ref_name_digest(&ref, l->digests.v[k]));
	}
	return 0;
}

int ocilayout_open(void *arg, size_t i, struct err *e)
{
	const struct ocilayout *l = arg;
	uint64_t size;

	return l->blobs ? open_blob(l, &l->blobs[i], e) : open_file(l, l->layers.v[i], &size, e);
}
