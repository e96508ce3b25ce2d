/*
 * Reads untrusted JSON into a record (record.h) with the program jq and a filter from share/
 * (NAME.jq; the filters are built into the binaries). jq runs once for each document. Duplicate
 * keys and deep nesting are refused; the caller bounds the size of the document.
 */
#ifndef CT_JQ_H
#define CT_JQ_H

#include <stddef.h>

struct err;
struct record;

/*
 * filter: "manifest" selects share/manifest.jq. args: NAME, VALUE, ..., NULL become the
 * filter's $NAME; NULL: none. what: names the document in messages: "WHAT: not JSON: ...".
 *
 * The filter gets the document as "." and outputs objects {key: value} or {key: [value,
 * ...]}. Their pairs are added to out (null adds none). The filter refuses a document with
 * error("why"), which becomes the message "WHAT: why". Definitions shared by the filters are
 * in share/prelude.jq.
 *
 * jq runs with bounded memory, CPU time and output, and without the caller's
 * descriptors and environment.
 */
int jq_read(const char *filter, const char *const *args, const void *json, size_t n,
	    const char *what, struct record *out, struct err *e);

#endif
