/*
 * The flags of an instruction, for example COPY --from=build.
 */
#ifndef CT_STEPFLAGS_H
#define CT_STEPFLAGS_H

#include <stdbool.h>

#include "base/str.h"

struct instruction;
struct faults;

struct step_flag {
	const char *name; /* without "--"; NULL ends a table */
	bool list;        /* may be given several times */
	bool refused;     /* not supported; "=false" is accepted */
	bool boolean;     /* true or false; true without a value */
};

/* Adds the values of a flag to out. */
void stepflags_list(const struct instruction *in, const char *name, struct strv *out);
/* The value of a flag, or NULL. */
const char *stepflags_value(const struct instruction *in, const char *name);
/* The value of a boolean flag; `missing` if the instruction does not have the flag. */
bool stepflags_is(const struct instruction *in, const char *name, bool missing);

/* Adds faults for unknown and refused flags, flags without a value, and flags given twice. table
 * NULL: the instruction has no flags. */
void stepflags_check(const struct instruction *in, const struct step_flag *table,
		     struct faults *faults);

#endif
