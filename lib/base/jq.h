/*
 * JSON from outside, turned into a record (record.h) by jq, the program, with a
 * filter of share/ (NAME.jq; they are built into the binaries). jq runs once a
 * document. It refuses duplicate keys and deep nesting; the size of the
 * document is for the caller to bound.
 */
#ifndef CT_JQ_H
#define CT_JQ_H

#include <stddef.h>

struct err;
struct record;

/*
 * filter: "manifest" is share/manifest.jq. args: NAME, VALUE, ..., NULL, the
 * filter's $NAME; or NULL. what: the document, in messages: "WHAT: not JSON: ...".
 * A filter gets the document as ".", and gives objects {key: value} or {key: [value, ...]},
 * whose pairs out gets (null: none). It says no by error("why"), which becomes
 * "WHAT: why"; share/prelude.jq has what filters share. jq runs with
 * bounded memory and time, without the caller's descriptors and environment;
 * what it prints is bounded too.
 */
int jq_read(const char *filter, const char *const *args, const void *json, size_t n,
	    const char *what, struct record *out, struct err *e);

#endif
