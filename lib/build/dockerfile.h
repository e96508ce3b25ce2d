/*
 * A Dockerfile as a list of instructions, whatever they mean: parser directives, the byte order
 * mark, comments, continued lines, heredocs, flags and the two forms of arguments
 * (Dockerfile reference, "Format", "Parser directives", "Here-Documents").
 */
#ifndef CT_DOCKERFILE_H
#define CT_DOCKERFILE_H

#include "base/str.h"
#include "build/faults.h"
#include "build/heredoc.h"

struct instruction {
	int line;          /* the first of its lines */
	char *name;        /* in upper case */
	struct strv flags; /* "--chown=33", without quotes */
	char *rest;        /* what follows, without blanks around it */
	bool json; /* an array of strings, which `args` has; or else `rest` is all there is */
	struct strv args;
	struct heredocs docs;
};

struct dockerfile {
	char escape; /* "\" or "`" */
	struct instruction *v;
	size_t n;
};

/* The text is len bytes with a 0 behind them. Faults are added; what could be read is there in any
 * case. */
void dockerfile_read(const char *text, size_t len, struct dockerfile *f, struct faults *faults);
void dockerfile_free(struct dockerfile *f);
#define own_dockerfile __attribute__((cleanup(dockerfile_free)))

/* Whether the text is a JSON array; an array that holds other things than strings is a fault of
 * that line. */
bool dockerfile_is_list(const char *text, struct strv *out, int line, struct faults *faults);

/* What ENV, LABEL and ARG take: words parted by blanks, quotes and escapes kept. Added to out. */
void dockerfile_words(const char *text, char escape, struct strv *out);

#endif
