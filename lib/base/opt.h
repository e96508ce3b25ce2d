/*
 * Option tables: one row for each option of a program, and no other list of options.
 * The parser and --help use the table; manual pages and shell completions are made from it
 * (`ct-NAME --help=table`, and `--help=refused` for those of OPT_INSTEAD).
 *
 *	struct run_args { char *name; uint64_t memory; bool detach; };
 *	static const struct opt opts[] = {
 *		OPT_FLAG(struct run_args, detach, 'd', "detach", "run in the background"),
 *		OPT_SIZE(struct run_args, memory, 'm', "memory", "limit memory"),
 *		OPT_END
 *	};
 *
 * Long options are written in full (--memory 1g or --memory=1g). Short options may be bundled
 * (-dm1g), and the argument may follow "=" (-m=1g). A flag may say --rm=true or -t=false. "--"
 * ends the options. --help and --version
 * always exist. Where the argument may be left out (--explain[=brief]), text is NULL without it.
 *
 * A single-value option that is given twice is refused: otherwise the first value would be
 * lost silently. A list takes each value, and its help says "(repeatable)". A flag may be
 * repeated without effect.
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
	bool repeats;     /* every value counts; otherwise a second value is refused */
	const char *name; /* NULL ends the table */
	const char *arg;  /* name of its argument; NULL: a flag; "[=WORD]": it may be left out, or
			     follow a "=" */
	const char *help; /* NULL: another spelling of an option, accepted but not listed */
	size_t at;        /* offset of the value in the struct */
	int (*read)(void *to, const char *text, struct err *e);
};

int opt_read_flag(void *to, const char *text, struct err *e); /* bool; NULL: true */
int opt_read_text(void *to, const char *text,
		  struct err *e); /* const char *: the argument itself, not a copy */
int opt_read_list(void *to, const char *text, struct err *e); /* struct strv: adds one element */
int opt_read_words(void *to, const char *text,
		   struct err *e); /* struct strv: adds the comma-separated words */
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
/* A value in a special format, read by a function of the program. */
#define OPT_FORM(s, m, letter, name, arg, help, read)                \
	{                                                            \
		letter, false, name, arg, help, offsetof(s, m), read \
	}
#define OPT_FORM_LIST(s, m, letter, name, arg, help, read)          \
	{                                                           \
		letter, true, name, arg, help, offsetof(s, m), read \
	}
/* An option of docker or podman that is refused with what does its work here; "health-*": all
 * options whose name begins with health-. */
int opt_read_instead(void *to, const char *text, struct err *e);
#define OPT_INSTEAD(letter, name, hint)                             \
	{                                                           \
		letter, true, name, hint, NULL, 0, opt_read_instead \
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
	int min, max;  /* number of operands; max -1: any number */
	bool in_order; /* options end at the first operand */
	int usage;     /* exit status of a usage error; 0: 2, or 125 with in_order */
	/* subcommand i that --help lists ("ct-net up"), NULL after the last; NULL: no subcommands */
	const struct opt_program *(*command)(size_t i);
};

enum opt_asked { OPT_GO, OPT_HELP, OPT_TABLE, OPT_REFUSED, OPT_VERSION };

/*
 * Reads argv into the struct at args. Moves the operands to the end of argv; *first is
 * the index of the first operand. Returns an enum opt_asked, or -1 with an error that
 * names the argument.
 */
int opt_parse(const struct opt_program *prog, int argc, char **argv, void *args, int *first,
	      struct err *e);

void opt_help(const struct opt_program *prog, FILE *to);
/* Prints one line for each option, tab-separated: -d, --detach, ARG (or nothing), help. */
void opt_table(const struct opt_program *prog, FILE *to);
/* Prints the options of OPT_INSTEAD, one a line: --name, tab, hint. */
void opt_refused(const struct opt_program *prog, FILE *to);

#endif
