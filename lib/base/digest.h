/*
 * Digests: "sha256:" and 64 hexadecimal digits (OCI image spec, descriptor.md).
 * Other algorithms are refused: no registry uses them.
 */
#ifndef CT_DIGEST_H
#define CT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* hexadecimal digits; length of the whole string with its final NUL */
enum { DIGEST_HEX = 64, DIGEST_LEN = 72 };

/* The hexadecimal digits of a digest: usable as a file name. */
static inline const char *digest_hex(const char *digest)
{
	return digest + sizeof("sha256:") - 1;
}

/*
 * Whether s is exactly one digest: lower-case digits, nothing before or after it. The function
 * stands in the header so that programs that only read names do not link libcrypto.
 */
static inline bool digest_is(const char *s)
{
	return strncmp(s, "sha256:", sizeof("sha256:") - 1) == 0 &&
		strlen(digest_hex(s)) == DIGEST_HEX &&
		strspn(digest_hex(s), "0123456789abcdef") == DIGEST_HEX;
}

/* A digest in progress (libcrypto). {0} is unused; digest_end and digest_drop free it. */
struct digest {
	void *ctx;
};

void digest_begin(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t n);
void digest_end(struct digest *d, char out[DIGEST_LEN]);
void digest_drop(struct digest *d);
#define own_digest __attribute__((cleanup(digest_drop)))

void digest_of(const void *data, size_t n, char out[DIGEST_LEN]);

#endif
