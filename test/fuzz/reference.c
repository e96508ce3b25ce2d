/*
 * Any text as a reference to an image. A reference that is accepted is read again from its
 * shortest name, which must say the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "files.h"
#include "store/ref.h"

static void read_again(const struct ref *r)
{
	own_str char *name = ref_name(r), *local = ref_name_localhost(r), *second = NULL;
	own_ref struct ref again = {0};
	struct err e;

	if (ref_parse(name, &again, &e) < 0)
		abort();
	second = ref_name(&again);
	if (strcmp(name, second) != 0 || strcmp(r->host, again.host) != 0 ||
	    strcmp(r->repository, again.repository) != 0 || !str_equal(r->digest, again.digest) ||
	    (!r->digest && !str_equal(r->tag, again.tag)))
		abort();
	ref_free(&again);
	/* With the host it may be too long. */
	if (local && strlen(local) < 256 && ref_parse(local, &again, &e) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_str char *text = str_dup_n((const char *)data, n);
	own_ref struct ref r = {0};
	struct err e;

	if (ref_parse(text, &r, &e) == 0)
		read_again(&r);
	return 0;
}
