/* Fetches manifests and blobs from a registry (registry.h). Errors name the image. */
#ifndef CT_REGISTRYGET_H
#define CT_REGISTRYGET_H

#include "image/registry.h"

/*
 * Fetches a manifest or an index by tag or digest, at most MANIFEST_MAX bytes. Its digest is
 * compared with the requested one and with the registry's header. type: the served media type.
 * digest: the digest of the bytes.
 */
int registryget_manifest(struct registry *r, const char *reference, struct buf *json,
			 char type[128], char digest[DIGEST_LEN], struct err *e);

/*
 * Fetches a blob from byte `from` on and gives it to take piece by piece. The caller has the bytes
 * before `from`, and they are already hashed in `d`. A broken transfer resumes where it broke.
 * Returns 0 only if the size and the digest are right.
 */
int registryget_blob(struct registry *r, const struct descriptor *blob, uint64_t from,
		     struct digest *d,
		     int (*take)(void *arg, const void *data, size_t n, struct err *e), void *arg,
		     struct err *e);

#endif
