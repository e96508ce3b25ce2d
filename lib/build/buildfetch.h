/* Fetches the URLs of ADD (http or https). */
#ifndef CT_BUILDFETCH_H
#define CT_BUILDFETCH_H

#include "base/digest.h"

struct err;

/*
 * Fetches url into a new file of the directory, with mode 0600. checksum: the required digest
 * ("sha256:..."), or NULL; digest receives the actual one. Redirects are followed as http.h says.
 */
int buildfetch(int dir, const char *file, const char *url, const char *checksum,
	       char digest[DIGEST_LEN], struct err *e);

/* The file name that a URL ends with. The caller frees it. */
char *buildfetch_name(const char *url);

#endif
