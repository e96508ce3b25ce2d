/* Any lines as the WWW-Authenticate headers of an answer. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "files.h"
#include "image/wwwauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_str char *text = str_dup_n((const char *)data, n);
	own_strv struct strv headers = {0};
	own_wwwauth struct wwwauth c = {0};
	char *rest = text, *line;
	struct err e;

	while ((line = strsep(&rest, "\n")))
		strv_add(&headers, line);
	/* A realm is fetched, a service goes into its query. */
	if (wwwauth_read(&headers, &c, &e) == 0 && c.kind == WWWAUTH_BEARER && !*c.realm)
		abort();
	return 0;
}
