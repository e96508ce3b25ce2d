/*
 * Variables and quotes in the words of a Dockerfile (Dockerfile reference, "Environment
 * replacement"):
 *
 *	$NAME ${NAME}
 *	${NAME:-WORD} ${NAME-WORD}	WORD, if NAME is not set (with ":", or is empty)
 *	${NAME:+WORD} ${NAME+WORD}	WORD, if NAME is set (and not empty)
 *	${NAME:?WORD} ${NAME?WORD}	an error that says WORD, if NAME is not set (or is empty)
 *	${NAME#PATTERN} ${NAME##PATTERN}	without the shortest, longest prefix that matches
 *	${NAME%PATTERN} ${NAME%%PATTERN}	the same for a suffix
 *	${NAME/PATTERN/WORD} ${NAME//PATTERN/WORD}	the first match, all matches replaced
 *
 * WORD may contain variables. In a PATTERN "*" and "?" are wildcards, and "\" quotes them. Text in
 * single quotes is literal. In double quotes, variables are replaced, and the escape character
 * quotes ", $ and itself. Special parameters ($1, $@, ...) are never set.
 */
#ifndef CT_EXPAND_H
#define CT_EXPAND_H

#include "base/str.h"

struct err;

enum {
	/* Variables add at most this to a text: execve(2) takes no longer string (MAX_ARG_STRLEN). */
	EXPAND_MAX = 128 << 10,
	EXPAND_BUDGET = 64 << 20, /* for all texts of a Dockerfile */
};

struct expand {
	char escape; /* "\", or "`" by a parser directive */
	/* The value of a variable, or NULL. */
	const char *(*value)(void *arg, const char *name);
	void *arg;
	bool keep_quotes;     /* quotes stay in the result */
	bool keep_escapes;    /* escape characters stay */
	bool keep_unset;      /* variables that are not set stay */
	bool quotes_are_text; /* quotes have no special meaning */
	size_t *budget;       /* bytes that results may have yet; NULL: not counted */
};

/* Expands the whole text as one word. The caller frees it; NULL with the error. */
char *expand_word(const char *text, const struct expand *x, struct err *e);

/* Expands the text and splits it into words at blanks outside of quotes, including blanks in the
 * value of a variable. Adds the words to out. */
int expand_words(const char *text, const struct expand *x, struct strv *out, struct err *e);

#endif
