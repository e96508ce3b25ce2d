/*
 * Reads HEALTHCHECK into the form of an image config: {"Test": ["CMD-SHELL", "..."], "Interval":
 * NANOSECONDS, ...}.
 */
#ifndef CT_HEALTH_H
#define CT_HEALTH_H

#include "build/stepflags.h"

struct faults;
struct instruction;

extern const struct step_flag health_flags[];

/* Returns one line of JSON. The caller frees it; NULL with the faults. */
char *health_read(const struct instruction *in, struct faults *faults);

#endif
