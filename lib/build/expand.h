/*
 * Variables and quotes in a Dockerfile's words, as the Dockerfile reference has
 * them ("Environment replacement"):
 *
 *	$NAME ${NAME}
 *	${NAME:-WORD} ${NAME-WORD}	WORD, if NAME is not set (with ":", or is empty)
 *	${NAME:+WORD} ${NAME+WORD}	WORD, if NAME is set (and not empty)
 *	${NAME:?WORD} ${NAME?WORD}	an error that says WORD, if NAME is not set (or is empty)
 *	${NAME#PATTERN} ${NAME##PATTERN}	without the shortest, longest prefix that matches
 *	${NAME%PATTERN} ${NAME%%PATTERN}	the same of a suffix
 *	${NAME/PATTERN/WORD} ${NAME//PATTERN/WORD}	the first match, all matches replaced
 *
 * WORD may hold variables itself. In a PATTERN "*" and "?" are wildcards and "\" takes
 * their meaning away. Single quotes keep all between them; in double
 * quotes variables are replaced and the escape character quotes ", $ and itself.
 * Special parameters ($1, $@, ...) are names that nobody sets.
 */
#ifndef CT_EXPAND_H
#define CT_EXPAND_H

#include "base/str.h"

struct err;

struct expand {
	char escape; /* "\", or "`" if a directive says so */
	/* The value of a variable, or NULL. */
	const char *(*value)(void *arg, const char *name);
	void *arg;
	bool keep_quotes;     /* quotes stay in the result */
	bool keep_escapes;    /* so do escape characters */
	bool keep_unset;      /* so do variables that are not set */
	bool quotes_are_text; /* a quote is a character like others */
};

/* The whole text as one word. The caller frees it; NULL with the error. */
char *expand_word(const char *text, const struct expand *x, struct err *e);

/* The text as words, which stand apart by blanks outside of quotes; also by those that a variable
 * brings. Added to out. */
int expand_words(const char *text, const struct expand *x, struct strv *out, struct err *e);

#endif
