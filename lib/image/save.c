#include "image/save.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/table.h"
#include "image/ociarchive.h"

enum { CHUNK = 1 << 18 };

struct saving {
	struct ociarchive o;
	struct strv written; /* names of files in the archive */
	treecopy_progress *progress;
	uint64_t files, bytes;
};

/* Whether the archive does not yet have a file of this name. Records the name. */
static bool is_new(struct saving *s, const char *name)
{
	if (strv_has(&s->written, name))
		return false;
	strv_add(&s->written, name);
	return true;
}

static int write_text(struct saving *s, const char *name, const struct buf *text, struct err *e)
{
	return is_new(s, name) ? ociarchive_text(&s->o, name, text, e) : 0;
}

static int copy(struct saving *s, int fd, const char *name, struct err *e)
{
	own_str char *chunk = mem_alloc(CHUNK);
	ssize_t n;

	while ((n = read(fd, chunk, CHUNK)) > 0) {
		if (ociarchive_data(&s->o, chunk, (size_t)n, e) < 0)
			return -1;
		s->bytes += (uint64_t)n;
		if (s->progress)
			s->progress(s->files, s->bytes);
	}
	if (n < 0)
		return err_sys(e, "read %s", name);
	return s->o.left == 0 ? 0 : err_set(e, "%s: shorter than it was", name);
}

static int write_layer(struct saving *s, const struct outgoing *image, size_t i, const char *name,
		       struct err *e)
{
	own_fd int fd = -1;

	if (!is_new(s, name))
		return 0;
	fd = outgoing_layer(image, i, e);
	if (fd < 0 || ociarchive_file(&s->o, name, image->layers[i].blob.size, e) < 0)
		return -1;
	s->files++;
	return copy(s, fd, name, e);
}

/* --- OCI --- */

static char *blob_name(const struct descriptor *d)
{
	return str_fmt("blobs/sha256/%s", digest_hex(d->digest));
}

static void write_index(const struct outgoing *images, size_t n, struct buf *index)
{
	for (size_t i = 0; i < n; i++) {
		const struct outgoing *image = &images[i];

		for (size_t k = 0; k < image->names.n; k++)
			ociarchive_index(index, &image->manifest_is, image->names.v[k]);
		if (!image->names.n)
			ociarchive_index(index, &image->manifest_is, NULL);
	}
}

static int write_oci_image(struct saving *s, const struct outgoing *image, struct err *e)
{
	own_str char *manifest = blob_name(&image->manifest_is);
	own_str char *config = blob_name(&image->config_is);

	if (write_text(s, manifest, &image->manifest, e) < 0 ||
	    write_text(s, config, &image->config, e) < 0)
		return -1;
	for (size_t i = 0; i < image->n; i++) {
		own_str char *name = blob_name(&image->layers[i].blob);

		if (write_layer(s, image, i, name, e) < 0)
			return -1;
	}
	return 0;
}

static int write_oci(struct saving *s, const struct outgoing *images, size_t n, struct err *e)
{
	own_buf struct buf index = {0};

	write_index(images, n, &index);
	if (ociarchive_layout(&s->o, &index, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (write_oci_image(s, &images[i], e) < 0)
			return -1;
	return 0;
}

/* --- docker save --- */

static char *docker_layer(const struct outgoing *image, size_t i)
{
	return str_fmt("%s/layer.tar", digest_hex(image->layers[i].blob.digest));
}

static char *docker_config(const struct outgoing *image)
{
	return str_fmt("%s.json", digest_hex(image->config_is.digest));
}

static void list_image(const struct outgoing *image, struct buf *json)
{
	own_str char *config = docker_config(image);

	buf_str(json, json->len ? ",{\"Config\":" : "[{\"Config\":");
	json_quote(json, config);
	buf_str(json, ",\"RepoTags\":[");
	for (size_t i = 0; i < image->names.n; i++) {
		buf_str(json, i ? "," : "");
		json_quote(json, image->names.v[i]);
	}
	buf_str(json, "],\"Layers\":[");
	for (size_t i = 0; i < image->n; i++) {
		own_str char *name = docker_layer(image, i);

		buf_str(json, i ? "," : "");
		json_quote(json, name);
	}
	buf_str(json, "]}");
}

/* docker reads layers of any compression. */
static int write_docker_image(struct saving *s, const struct outgoing *image, struct err *e)
{
	own_str char *config = docker_config(image);

	if (write_text(s, config, &image->config, e) < 0)
		return -1;
	for (size_t i = 0; i < image->n; i++) {
		own_str char *name = docker_layer(image, i);

		if (write_layer(s, image, i, name, e) < 0)
			return -1;
	}
	return 0;
}

static int write_docker(struct saving *s, const struct outgoing *images, size_t n, struct err *e)
{
	own_buf struct buf json = {0};

	for (size_t i = 0; i < n; i++)
		list_image(&images[i], &json);
	buf_str(&json, "]");
	if (write_text(s, "manifest.json", &json, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (write_docker_image(s, &images[i], e) < 0)
			return -1;
	return 0;
}

int save_write(const struct outgoing *images, size_t n, enum save_format format, int fd,
	       const char *target, treecopy_progress *progress, struct err *e)
{
	struct saving s = {.progress = progress};
	int r = ociarchive_open(&s.o, fd, target, e);

	if (r == 0)
		r = format == SAVE_DOCKER ? write_docker(&s, images, n, e)
					  : write_oci(&s, images, n, e);
	if (r == 0)
		r = ociarchive_end(&s.o, e);
	ociarchive_close(&s.o);
	strv_free(&s.written);
	return r;
}
