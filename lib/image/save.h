/*
 * Writes images as an archive: a tar of an OCI image layout (image-layout.md of the OCI image spec
 * 1.1), or of the files of `docker save` (manifest.json: [{Config, RepoTags, Layers}]). A file that
 * several images share is written once.
 */
#ifndef CT_SAVE_H
#define CT_SAVE_H

#include "image/outgoing.h"

struct err;

enum save_format { SAVE_OCI, SAVE_DOCKER };

/* target: the name of fd in messages. After an error the tar has no end mark. */
int save_write(const struct outgoing *images, size_t n, enum save_format format, int fd,
	       const char *target, treecopy_progress *progress, struct err *e);

#endif
