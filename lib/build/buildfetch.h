/* What ADD is to fetch, by http or https. */
#ifndef CT_BUILDFETCH_H
#define CT_BUILDFETCH_H

#include "base/digest.h"

struct err;

/*
 * Into a new file of the directory, mode 0600. checksum: what it has to have ("sha256:..."), or
 * NULL; digest: what it has. Redirects are followed as http.h says.
 */
int buildfetch(int dir, const char *file, const char *url, const char *checksum,
	       char digest[DIGEST_LEN], struct err *e);

/* The name of the file that a URL is of. The caller frees it. */
char *buildfetch_name(const char *url);

#endif
