/*
 * HEALTHCHECK, as an image's configuration has it: {"Test": ["CMD-SHELL", "..."], "Interval":
 * NANOSECONDS, ...}.
 */
#ifndef CT_HEALTH_H
#define CT_HEALTH_H

#include "build/stepflags.h"

struct faults;
struct instruction;

extern const struct step_flag health_flags[];

/* One line of JSON. The caller frees it; NULL with the faults. */
char *health_read(const struct instruction *in, struct faults *faults);

#endif
