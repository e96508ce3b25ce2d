/*
 * Option tables: one row an option, the only list of options there is. It
 * parses, prints --help, and is what the manual pages and completions are made
 * from (`ct-NAME --help=table`).
 *
 *	struct run_args { char *name; uint64_t memory; bool detach; };
 *	static const struct opt opts[] = {
 *		OPT_FLAG(struct run_args, detach, 'd', "detach", "leave it in the background"),
 *		OPT_SIZE(struct run_args, memory, 'm', "memory", "memory it may use"),
 *		OPT_END
 *	};
 *
 * Long options are written out in full (--memory 1g or --memory=1g), short ones
 * may be bundled (-dm1g); "--" ends them. --help and --version are always there.
 *
 * An option with one value that is given twice is refused: the first value would
 * be lost without a word. A list takes each value, and says "(repeatable)" in its
 * help. A flag means the same however often it is given.
 */
#ifndef CT_OPT_H
#define CT_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/num.h"
#include "base/str.h"

struct err;

struct opt {
	char letter;      /* 0: no short form */
	bool repeats;     /* each value counts; without it, a second value is refused */
	const char *name; /* NULL ends the table */
	const char *arg;  /* what its argument is called; NULL: a flag */
	const char *help;
	size_t at; /* where in the struct its value goes */
	int (*read)(void *to, const char *text, struct err *e);
};

int opt_read_flag(void *to, const char *text, struct err *e); /* bool */
int opt_read_text(void *to, const char *text,
		  struct err *e); /* const char *, the argument itself */
int opt_read_list(void *to, const char *text, struct err *e); /* struct strv, one more each time */
int opt_read_words(void *to, const char *text,
		   struct err *e); /* struct strv, each of the words between commas */
int opt_read_size(void *to, const char *text, struct err *e);  /* uint64_t bytes */
int opt_read_count(void *to, const char *text, struct err *e); /* uint64_t */

#define OPT_FLAG(s, m, letter, name, help)                                     \
	{                                                                      \
		letter, false, name, NULL, help, offsetof(s, m), opt_read_flag \
	}
#define OPT_TEXT(s, m, letter, name, arg, help)                               \
	{                                                                     \
		letter, false, name, arg, help, offsetof(s, m), opt_read_text \
	}
#define OPT_LIST(s, m, letter, name, arg, help)                              \
	{                                                                    \
		letter, true, name, arg, help, offsetof(s, m), opt_read_list \
	}
#define OPT_WORDS(s, m, letter, name, arg, help)                              \
	{                                                                     \
		letter, true, name, arg, help, offsetof(s, m), opt_read_words \
	}
#define OPT_SIZE(s, m, letter, name, help)                                       \
	{                                                                        \
		letter, false, name, "SIZE", help, offsetof(s, m), opt_read_size \
	}
#define OPT_COUNT(s, m, letter, name, arg, help)                               \
	{                                                                      \
		letter, false, name, arg, help, offsetof(s, m), opt_read_count \
	}
/* A value with a form of its own, read by a function of the program. */
#define OPT_FORM(s, m, letter, name, arg, help, read)                \
	{                                                            \
		letter, false, name, arg, help, offsetof(s, m), read \
	}
#define OPT_FORM_LIST(s, m, letter, name, arg, help, read)          \
	{                                                           \
		letter, true, name, arg, help, offsetof(s, m), read \
	}
#define OPT_END                                     \
	{                                           \
		0, false, NULL, NULL, NULL, 0, NULL \
	}

struct opt_program {
	const char *name;     /* "ct-run" */
	const char *operands; /* "IMAGE [COMMAND [ARG...]]" */
	const char *purpose;  /* one line */
	const struct opt *opts;
	int min, max;  /* how many operands; max -1: any number */
	bool in_order; /* options end at the first operand */
	/* "ct-net up", ..., then NULL: the commands that its help lists. NULL: it has none. */
	const struct opt_program *(*command)(size_t i);
};

enum opt_asked { OPT_GO, OPT_HELP, OPT_TABLE, OPT_VERSION };

/*
 * Reads argv into the struct at args. Operands are moved to the end of argv;
 * *first is the index of the first one. Gives what was asked for, or -1 with
 * the error (which names the argument).
 */
int opt_parse(const struct opt_program *prog, int argc, char **argv, void *args, int *first,
	      struct err *e);

void opt_help(const struct opt_program *prog, FILE *to);
/* One line an option, tab-separated: -d, --detach, ARG (or nothing), help. */
void opt_table(const struct opt_program *prog, FILE *to);

#endif
