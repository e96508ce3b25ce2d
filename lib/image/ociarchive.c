#include "image/ociarchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/charset.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/table.h"
#include "store/ref.h"

/* Never reports a failure to libarchive: see tarwrite.c. */
static la_ssize_t sink(struct archive *a, void *arg, const void *data, size_t n)
{
	struct ociarchive *o = arg;

	(void)a;
	if (!o->stopped && fd_write_all(o->fd, data, n) < 0) {
		o->sys = errno;
		o->stopped = true;
	}
	return (la_ssize_t)n;
}

static int check(const struct ociarchive *o, la_ssize_t r, struct err *e)
{
	const char *why = archive_error_string(o->archive);

	errno = o->sys;
	if (o->sys)
		return err_sys(e, "%s", o->target);
	return r >= ARCHIVE_WARN ? 0
				 : err_set(e, "%s: %s", o->target, why ? why : "cannot be written");
}

int ociarchive_file(struct ociarchive *o, const char *name, uint64_t size, struct err *e)
{
	struct archive_entry *entry = archive_entry_new();
	int r;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)size);
	r = archive_write_header(o->archive, entry);
	archive_entry_free(entry);
	o->left = size;
	return check(o, r, e);
}

int ociarchive_data(void *ocitar, const void *data, size_t n, struct err *e)
{
	struct ociarchive *o = ocitar;

	/* libarchive would silently drop the bytes that do not fit. */
	if (n > o->left)
		return err_set(e, "%s: a blob is larger than its descriptor says", o->target);
	o->left -= n;
	return check(o, archive_write_data(o->archive, data, n), e);
}

int ociarchive_text(struct ociarchive *o, const char *name, const struct buf *text, struct err *e)
{
	if (ociarchive_file(o, name, text->len, e) < 0)
		return -1;
	return ociarchive_data(o, text->data, text->len, e);
}

/* containerd, docker and podman read the full name from an annotation of their own. */
static void add_names(struct buf *text, const char *name)
{
	own_ref struct ref r = {0};
	own_str char *full = NULL;
	struct err ignored;

	buf_str(text, ",\"annotations\":{\"org.opencontainers.image.ref.name\":");
	json_quote(text, name);
	if (ref_parse(name, &r, &ignored) == 0 && !r.digest) {
		full = str_fmt("%s/%s:%s", r.host, r.repository, r.tag);
		buf_str(text, ",\"io.containerd.image.name\":");
		json_quote(text, full);
	}
	buf_str(text, "}");
}

void ociarchive_index(struct buf *index, const struct descriptor *manifest, const char *name)
{
	buf_str(index,
		index->len
			? ",{\"mediaType\":"
			: "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[{\"mediaType\":");
	json_quote(index, manifest->type);
	buf_fmt(index, ",\"digest\":\"%s\",\"size\":%" PRIu64, manifest->digest, manifest->size);
	if (name)
		add_names(index, name);
	buf_str(index, "}");
}

int ociarchive_layout(struct ociarchive *o, const struct buf *index, struct err *e)
{
	own_buf struct buf version = {0}, text = {0};

	buf_str(&version, "{\"imageLayoutVersion\":\"1.0.0\"}");
	buf_add(&text, index->data, index->len);
	buf_str(&text, "]}");
	return ociarchive_text(o, "oci-layout", &version, e) < 0
		? -1
		: ociarchive_text(o, "index.json", &text, e);
}

int ociarchive_open(struct ociarchive *o, int fd, const char *target, struct err *e)
{
	*o = (struct ociarchive){.archive = archive_write_new(), .fd = fd, .target = target};
	if (!o->archive)
		abort();
	charset_load();
	archive_write_set_format_pax_restricted(o->archive);
	archive_write_set_bytes_in_last_block(o->archive, 1);
	return check(o, archive_write_open(o->archive, o, NULL, sink, NULL), e);
}

int ociarchive_begin(struct ociarchive *o, int fd, const char *target,
		     const struct descriptor *manifest, const char *name, struct err *e)
{
	own_buf struct buf index = {0};

	ociarchive_index(&index, manifest, name);
	return ociarchive_open(o, fd, target, e) < 0 ? -1 : ociarchive_layout(o, &index, e);
}

int ociarchive_blob(struct ociarchive *o, const struct descriptor *blob, struct err *e)
{
	own_str char *name = str_fmt("blobs/sha256/%s", digest_hex(blob->digest));

	return ociarchive_file(o, name, blob->size, e);
}

int ociarchive_end(struct ociarchive *o, struct err *e)
{
	return check(o, archive_write_close(o->archive), e);
}

void ociarchive_close(struct ociarchive *o)
{
	if (!o->archive)
		return;
	o->stopped = true;
	archive_write_free(o->archive);
	*o = (struct ociarchive){0};
}
