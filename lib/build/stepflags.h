/*
 * Flags of a Dockerfile's instruction: COPY --from=build.
 */
#ifndef CT_STEPFLAGS_H
#define CT_STEPFLAGS_H

#include <stdbool.h>

#include "base/str.h"

struct instruction;
struct faults;

struct step_flag {
	const char *name; /* without its "--"; NULL ends a table */
	bool list;        /* may be given several times */
	bool refused;     /* not supported here; =false asks for nothing and is taken */
	bool boolean;     /* true or false; true without a value */
};

/* The values of a flag, added to out. */
void stepflags_list(const struct instruction *in, const char *name, struct strv *out);
/* The value of a flag, or NULL. */
const char *stepflags_value(const struct instruction *in, const char *name);
/* The value of a boolean flag; missing: if the instruction does not have the flag. */
bool stepflags_is(const struct instruction *in, const char *name, bool missing);

/* Faults: a flag that the table does not have or refuses, one without a value, one given twice.
 * table NULL: none is taken. */
void stepflags_check(const struct instruction *in, const struct step_flag *table,
		     struct faults *faults);

#endif
