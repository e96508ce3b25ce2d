#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* libcrypto fails here only without memory: see str.h. */
static void must(int ok)
{
	if (!ok)
		abort();
}

static void write_out(const unsigned char *sum, char out[DIGEST_LEN])
{
	static const char digits[] = "0123456789abcdef";
	char *to = out;

	memcpy(to, "sha256:", sizeof("sha256:"));
	to += sizeof("sha256:") - 1;
	for (size_t i = 0; i < DIGEST_HEX / 2; i++) {
		*to++ = digits[sum[i] >> 4];
		*to++ = digits[sum[i] & 15];
	}
	*to = '\0';
}

void digest_begin(struct digest *d)
{
	d->ctx = EVP_MD_CTX_new();
	must(d->ctx && EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL));
}

void digest_add(struct digest *d, const void *data, size_t n)
{
	must(EVP_DigestUpdate(d->ctx, data, n));
}

void digest_end(struct digest *d, char out[DIGEST_LEN])
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	must(EVP_DigestFinal_ex(d->ctx, sum, NULL));
	write_out(sum, out);
	digest_drop(d);
}

void digest_drop(struct digest *d)
{
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}

void digest_of(const void *data, size_t n, char out[DIGEST_LEN])
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	must(EVP_Digest(data, n, sum, NULL, EVP_sha256(), NULL));
	write_out(sum, out);
}
