#include "image/secret.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/own.h"
#include "image/url.h"

enum { SHORTEST = 4, ENOUGH = 8 };

void secret_add(struct strv *forms, const char *plain)
{
	size_t n = plain ? strlen(plain) : 0;
	own_str char *base64 = n < SHORTEST ? NULL : mem_alloc(n / 3 * 4 + 5);

	if (!base64)
		return;
	EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)plain, (int)n);
	base64[strcspn(base64, "=")] = '\0';
	strv_add(forms, plain);
	strv_add(forms, base64);
	strv_take(forms, url_escape(plain));
}

static size_t same_bytes(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* The number of bytes at the beginning of text that belong to a secret. */
static size_t secret_here(const struct strv *forms, const char *text)
{
	size_t longest = 0;

	for (size_t i = 0; i < forms->n; i++) {
		size_t n = same_bytes(text, forms->v[i]);

		if (n > longest && (n >= ENOUGH || !forms->v[i][n]))
			longest = n;
	}
	return longest;
}

void secret_hide(const struct strv *forms, char *text)
{
	char *to = text;

	for (const char *p = text; *p;) {
		size_t n = secret_here(forms, p);

		memmove(to, n ? "***" : p, n ? 3 : 1);
		to += n ? 3 : 1;
		p += n ? n : 1;
	}
	*to = '\0';
}
