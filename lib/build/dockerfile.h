/*
 * Parses a Dockerfile into a list of instructions, without their meaning: parser directives, the
 * byte order mark, comments, continued lines, heredocs, flags and the two forms of arguments
 * (Dockerfile reference, "Format", "Parser directives", "Here-Documents").
 */
#ifndef CT_DOCKERFILE_H
#define CT_DOCKERFILE_H

#include "base/str.h"
#include "build/faults.h"
#include "build/heredoc.h"

struct instruction {
	int line;          /* its first line */
	char *name;        /* in upper case */
	struct strv flags; /* "--chown=33", without quotes */
	char *rest;        /* the rest of the line, without surrounding blanks */
	bool json;         /* rest is a JSON array of strings, which are in args */
	struct strv args;
	struct heredocs docs;
};

struct dockerfile {
	char escape; /* "\" or "`" */
	struct instruction *v;
	size_t n;
};

/* The text has len bytes, followed by a NUL byte. Adds faults. f contains every instruction that
 * could be read, even after a fault. */
void dockerfile_read(const char *text, size_t len, struct dockerfile *f, struct faults *faults);
void dockerfile_free(struct dockerfile *f);
#define own_dockerfile __attribute__((cleanup(dockerfile_free)))

/* The arguments of an instruction: the strings of its JSON array, or words separated by blanks.
 * Adds them to out. */
void instruction_words(const struct instruction *in, struct strv *out);

/* Whether the text is a JSON array. An array that contains other values than strings is a fault of
 * that line. */
bool dockerfile_is_list(const char *text, struct strv *out, int line, struct faults *faults);

/* Splits the arguments of ENV, LABEL and ARG at blanks and keeps quotes and escapes. Adds the words
 * to out. */
void dockerfile_words(const char *text, char escape, struct strv *out);

#endif
