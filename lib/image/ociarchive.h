/*
 * Writes an image as a tar of an OCI image layout (image-layout.md of the OCI image spec 1.1), part
 * by part as the parts arrive. skopeo calls the format oci-archive.
 */
#ifndef CT_OCIARCHIVE_H
#define CT_OCIARCHIVE_H

#include "base/str.h"
#include "image/manifest.h"

struct err;

struct ociarchive {
	struct archive *archive;
	int fd;
	const char *target; /* the name of the output in messages */
	uint64_t left;      /* bytes still missing from the current file */
	bool stopped;       /* a write failed; nothing more is written */
	int sys;            /* errno of that write */
};

/* Begins an archive, which is empty so far. */
int ociarchive_open(struct ociarchive *o, int fd, const char *target, struct err *e);
/* Adds a manifest to the text of an index; name: an annotation, or NULL. */
void ociarchive_index(struct buf *index, const struct descriptor *manifest, const char *name);
/* Writes the beginning of a layout: its version, and the index. */
int ociarchive_layout(struct ociarchive *o, const struct buf *index, struct err *e);
/* Writes a small file. */
int ociarchive_text(struct ociarchive *o, const char *name, const struct buf *text, struct err *e);
/* Begins a file of this size; ociarchive_data writes its content. */
int ociarchive_file(struct ociarchive *o, const char *name, uint64_t size, struct err *e);
/*
 * Begins an archive with the beginning of the layout to fd: its version, and an index with this one
 * manifest. name: the annotation with the image's name.
 */
int ociarchive_begin(struct ociarchive *o, int fd, const char *target,
		     const struct descriptor *manifest, const char *name, struct err *e);
/* Begins a blob with this digest and size; ociarchive_data writes its content, in any number of
 * pieces. */
int ociarchive_blob(struct ociarchive *o, const struct descriptor *blob, struct err *e);
int ociarchive_data(void *ocitar, const void *data, size_t n, struct err *e);
/* Writes the end mark of the tar. */
int ociarchive_end(struct ociarchive *o, struct err *e);
/* Frees the writer. Without ociarchive_end before it, the archive has no end mark. */
void ociarchive_close(struct ociarchive *o);
#define own_ociarchive __attribute__((cleanup(ociarchive_close)))

#endif
