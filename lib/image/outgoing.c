#include "image/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/table.h"
#include "image/imageconfig.h"
#include "store/image.h"
#include "store/layerstore.h"
#include "store/names.h"
#include "tar/layerdiff.h"

enum { CHUNK = 1 << 18, GZIP = 16 + MAX_WBITS, LEVEL = 5 };

static const char oci_config[] = "application/vnd.oci.image.config.v1+json";
static const char oci_manifest[] = "application/vnd.oci.image.manifest.v1+json";
static const char docker_manifest[] = "application/vnd.docker.distribution.manifest.v2+json";

/* --- a layer that is made --- */

static int unnamed_file(const struct store *s, struct err *e)
{
	int fd = openat(s->root, "tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? err_sys(e, "%s/tmp: make an unnamed file", s->root_path) : fd;
}

/* Compresses `in` from its beginning into out; digests: of what is read and of what is written. */
static int deflate_all(int in, int out, struct digest *read_is, struct digest *written,
		       uint64_t *size, struct err *e)
{
	own_str char *from = mem_alloc(CHUNK), *to = mem_alloc(CHUNK);
	z_stream z = {0};
	ssize_t n;
	off_t at = 0;
	int r = 0;

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* out of memory: see str.h */
	do {
		n = pread(in, from, CHUNK, at);
		if (n > 0)
			digest_add(read_is, from, (size_t)n);
		z.next_in = (unsigned char *)from;
		z.avail_in = n > 0 ? (unsigned)n : 0;
		at += n;
		do {
			z.next_out = (unsigned char *)to;
			z.avail_out = CHUNK;
			deflate(&z, n > 0 ? Z_NO_FLUSH : Z_FINISH);
			digest_add(written, to, CHUNK - z.avail_out);
			*size += CHUNK - z.avail_out;
			if (n < 0 || fd_write_all(out, to, CHUNK - z.avail_out) < 0)
				r = err_sys(e, "compress a layer");
		} while (r == 0 && z.avail_out == 0);
	} while (r == 0 && n > 0);
	deflateEnd(&z);
	return r;
}

static int digest_all(int fd, struct digest *d, uint64_t *size, struct err *e)
{
	own_str char *chunk = mem_alloc(CHUNK);
	ssize_t n;

	*size = 0;
	while ((n = pread(fd, chunk, CHUNK, (off_t)*size)) > 0) {
		digest_add(d, chunk, (size_t)n);
		*size += (uint64_t)n;
	}
	return n < 0 ? err_sys(e, "read a layer") : 0;
}

/* Replaces the tar in l->made by the compressed tar. */
static int compress_made(const struct store *s, struct outgoing_layer *l, struct err *e)
{
	own_digest struct digest plain = {0}, packed = {0};
	int fd = unnamed_file(s, e);

	if (fd < 0)
		return -1;
	digest_begin(&plain);
	digest_begin(&packed);
	if (deflate_all(l->made, fd, &plain, &packed, &l->blob.size, e) < 0) {
		close(fd);
		return -1;
	}
	close(l->made);
	l->made = fd;
	digest_end(&plain, l->diffid);
	digest_end(&packed, l->blob.digest);
	strcpy(l->blob.type, "application/vnd.oci.image.layer.v1.tar+gzip");
	return 0;
}

static int make_layer(const struct store *s, int parent, int child, bool compress,
		      treecopy_progress *progress, struct outgoing_layer *l, struct err *e)
{
	own_digest struct digest d = {0};

	l->made = unnamed_file(s, e);
	if (l->made < 0 || layerdiff_write(parent, child, l->made, "a layer", progress, e) < 0)
		return -1;
	if (compress)
		return compress_made(s, l, e);
	digest_begin(&d);
	if (digest_all(l->made, &d, &l->blob.size, e) < 0)
		return -1;
	digest_end(&d, l->diffid);
	memcpy(l->blob.digest, l->diffid, DIGEST_LEN);
	strcpy(l->blob.type, "application/vnd.oci.image.layer.v1.tar");
	return 0;
}

/* --- a layer that the store has as it came --- */

/* The media type of a file, from its first bytes. */
static const char *type_of(int fd)
{
	unsigned char first[2] = {0};

	if (pread(fd, first, sizeof(first), 0) == sizeof(first)) {
		if (first[0] == 0x1f && first[1] == 0x8b)
			return "application/vnd.oci.image.layer.v1.tar+gzip";
		if (first[0] == 0x28 && first[1] == 0xb5)
			return "application/vnd.oci.image.layer.v1.tar+zstd";
	}
	return "application/vnd.oci.image.layer.v1.tar";
}

/* Uses the file of the layer in the store. Returns 1, or 0 if the store has no such file. */
static int take_kept(const struct store *s, const char *chain, const char *diffid,
		     struct outgoing_layer *l, struct err *e)
{
	own_fd int fd = layerstore_blob(s, chain, l->blob.digest, e);
	struct stat st;

	if (fd < 0)
		return e->sys == ENOENT ? 0 : -1;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "layers/%s", chain);
	l->blob.size = (uint64_t)st.st_size;
	strcpy(l->blob.type, type_of(fd));
	snprintf(l->diffid, sizeof(l->diffid), "%s", diffid);
	l->chain = str_dup(chain);
	return 1;
}

/* --- the layers of an image --- */

struct work {
	const struct store *s;
	const struct image *img;
	bool compress;
	treecopy_progress *progress;
	bool as_came; /* every layer so far */
};

static int add_chain(struct work *w, const struct strv *chain, const struct strv *diffids, size_t i,
		     struct outgoing *o, struct err *e)
{
	struct outgoing_layer *l = &o->layers[o->n++];
	own_fd int parent = -1, child = -1;
	int kept;

	l->made = -1;
	kept = take_kept(w->s, chain->v[i], diffids->v[i], l, e);
	if (kept != 0)
		return kept < 0 ? -1 : 0;
	w->as_came = false;
	parent = i ? layerstore_rootfs(w->s, chain->v[i - 1], e) : -1;
	if (i && parent < 0)
		return -1;
	child = layerstore_rootfs(w->s, chain->v[i], e);
	if (child < 0)
		return -1;
	return make_layer(w->s, parent, child, w->compress, w->progress, l, e);
}

static int add_layers(struct work *w, struct outgoing *o, struct err *e)
{
	own_strv struct strv chain = {0}, diffids = {0};
	own_fd int last = -1;

	record_get_list(&w->img->config, "layer", &chain);
	record_get_list(&w->img->config, "diffid", &diffids);
	if (chain.n != diffids.n)
		return err_set(e, "%zu layers, but %zu diff ids", chain.n, diffids.n);
	/* A build lists the layers of its base image, which may have been removed since. */
	for (size_t i = 0; i < chain.n; i++)
		if (!layerstore_have(w->s, chain.v[i]))
			strv_free(&chain);
	o->layers = mem_alloc((chain.n + 1) * sizeof(*o->layers));
	for (size_t i = 0; i < chain.n; i++)
		if (add_chain(w, &chain, &diffids, i, o, e) < 0)
			return -1;
	if (record_get(&w->img->config, "config-digest"))
		return 0;
	w->as_came = false;
	last = chain.n ? layerstore_rootfs(w->s, chain.v[chain.n - 1], e) : -1;
	if (chain.n && last < 0)
		return -1;
	o->layers[o->n].made = -1;
	return make_layer(w->s, last, w->img->rootfs, w->compress, w->progress, &o->layers[o->n++],
			  e);
}

/* --- the documents --- */

static void describe(const struct buf *json, const char *type, struct descriptor *d)
{
	snprintf(d->type, sizeof(d->type), "%s", type);
	digest_of(json->data, json->len, d->digest);
	d->size = json->len;
}

/* Reads a document with which the image came; false if it has none, or the digest differs. */
static bool read_document(const struct image *img, const char *name, const char *key,
			  struct buf *json)
{
	const char *is = record_get(&img->config, key);
	char digest[DIGEST_LEN];
	struct err ignored;

	buf_free(json);
	if (!is || file_read(img->dir, name, MANIFEST_MAX, json, &ignored) < 0)
		return false;
	digest_of(json->data ? json->data : "", json->len, digest);
	return strcmp(digest, is) == 0;
}

static void write_config(const struct image *img, struct outgoing *o)
{
	own_strv struct strv diffids = {0};

	for (size_t i = 0; i < o->n; i++)
		strv_add(&diffids, o->layers[i].diffid);
	buf_free(&o->config);
	imageconfig_write(&img->config, &diffids, &o->config);
}

static void add_descriptor(struct buf *json, const struct descriptor *d)
{
	buf_str(json, "{\"mediaType\":");
	json_quote(json, d->type);
	buf_fmt(json, ",\"digest\":\"%s\",\"size\":%" PRIu64 "}", d->digest, d->size);
}

static void write_manifest(struct outgoing *o)
{
	struct buf *json = &o->manifest;

	buf_free(json);
	buf_fmt(json, "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":", oci_manifest);
	add_descriptor(json, &o->config_is);
	buf_str(json, ",\"layers\":[");
	for (size_t i = 0; i < o->n; i++) {
		if (i)
			buf_str(json, ",");
		add_descriptor(json, &o->layers[i].blob);
	}
	buf_str(json, "]}");
}

/*
 * Whether the manifest with which the image came lists exactly these files; takes their media types
 * from it.
 */
static bool manifest_fits(const struct image *img, struct outgoing *o)
{
	own_manifest struct manifest m = {0};
	struct err ignored;
	bool docker;

	if (!read_document(img, IMAGE_MANIFEST_JSON, "digest", &o->manifest) ||
	    manifest_read(o->manifest.data, o->manifest.len, NULL, NULL, img->id, &m, &ignored) <
		    0 ||
	    m.kind != MANIFEST_IMAGE || m.n != o->n ||
	    strcmp(m.config.digest, o->config_is.digest) != 0)
		return false;
	for (size_t i = 0; i < m.n; i++)
		if (strcmp(m.list[i].digest, o->layers[i].blob.digest) != 0)
			return false;
	docker = str_starts(m.config.type, "application/vnd.docker.");
	describe(&o->manifest, docker ? docker_manifest : oci_manifest, &o->manifest_is);
	o->config_is = m.config;
	for (size_t i = 0; i < m.n; i++)
		o->layers[i].blob = m.list[i];
	return true;
}

static void write_documents(const struct work *w, struct outgoing *o)
{
	bool same = w->as_came &&
		read_document(w->img, IMAGE_CONFIG_JSON, "config-digest", &o->config);

	if (!same)
		write_config(w->img, o);
	describe(&o->config, oci_config, &o->config_is);
	if (same && manifest_fits(w->img, o))
		return;
	write_manifest(o);
	describe(&o->manifest, oci_manifest, &o->manifest_is);
}

/* --- an image --- */

int outgoing_name(struct outgoing *o, const char *ref, struct err *e)
{
	own_str char *name = id_kind(ref) ? NULL : name_meant(o->store, ref);
	own_strv struct strv all = {0};

	if (name && !strchr(name, '@'))
		strv_add(&all, name);
	else if (name_list(o->store, "img", o->id, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (!strchr(all.v[i], '@') && !strv_has(&o->names, all.v[i]))
			strv_add(&o->names, all.v[i]);
	return 0;
}

int outgoing_open(const struct store *s, const char *ref, bool compress,
		  treecopy_progress *progress, struct outgoing *o, struct err *e)
{
	own_image struct image img = {.dir = -1, .rootfs = -1};
	struct work w = {s, &img, compress, progress, true};
	const char *arch;

	*o = (struct outgoing){.store = s};
	if (image_open(s, ref, &img, e) < 0)
		return -1;
	memcpy(o->id, img.id, ID_LEN);
	arch = record_get(&img.config, "arch");
	snprintf(o->arch, sizeof(o->arch), "%s", arch ? arch : "");
	if (outgoing_name(o, ref, e) < 0 || add_layers(&w, o, e) < 0) {
		outgoing_close(o);
		return err_wrap(e, "%s", ref);
	}
	write_documents(&w, o);
	return 0;
}

void outgoing_close(struct outgoing *o)
{
	for (size_t i = 0; i < o->n; i++) {
		own_close(&o->layers[i].made);
		free(o->layers[i].chain);
	}
	free(o->layers);
	strv_free(&o->names);
	buf_free(&o->config);
	buf_free(&o->manifest);
	*o = (struct outgoing){0};
}

int outgoing_layer(const struct outgoing *o, size_t i, struct err *e)
{
	const struct outgoing_layer *l = &o->layers[i];
	char digest[DIGEST_LEN];
	char path[40];
	int fd;

	if (l->chain)
		return layerstore_blob(o->store, l->chain, digest, e);
	/* A new open file description has its own file position. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", l->made);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "%s: layer %zu", o->id, i + 1) : fd;
}
