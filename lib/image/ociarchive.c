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

static int begin_file(struct ociarchive *o, const char *name, uint64_t size, struct err *e)
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

static int add_text(struct ociarchive *o, const char *name, const char *text, struct err *e)
{
	if (begin_file(o, name, strlen(text), e) < 0)
		return -1;
	return ociarchive_data(o, text, strlen(text), e);
}

static void index_text(struct buf *text, const struct descriptor *manifest, const char *name)
{
	buf_str(text,
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[{"
		"\"mediaType\":");
	json_string(text, manifest->type);
	buf_fmt(text,
		",\"digest\":\"%s\",\"size\":%" PRIu64
		",\"annotations\":{\"org.opencontainers.image.ref.name\":",
		manifest->digest, manifest->size);
	json_string(text, name);
	buf_str(text, "}}]}");
}

int ociarchive_begin(struct ociarchive *o, int fd, const char *target,
		     const struct descriptor *manifest, const char *name, struct err *e)
{
	own_buf struct buf text = {0};

	*o = (struct ociarchive){.archive = archive_write_new(), .fd = fd, .target = target};
	if (!o->archive)
		abort();
	charset_load();
	archive_write_set_format_pax_restricted(o->archive);
	archive_write_set_bytes_in_last_block(o->archive, 1);
	if (check(o, archive_write_open(o->archive, o, NULL, sink, NULL), e) < 0)
		return -1;
	index_text(&text, manifest, name);
	if (add_text(o, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", e) < 0)
		return -1;
	return add_text(o, "index.json", text.data, e);
}

int ociarchive_blob(struct ociarchive *o, const struct descriptor *blob, struct err *e)
{
	own_str char *name = str_fmt("blobs/sha256/%s", digest_hex(blob->digest));

	return begin_file(o, name, blob->size, e);
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
