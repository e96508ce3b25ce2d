/* RUN's --mount=type=bind|cache|tmpfs|secret,... */
#ifndef CT_STEPMOUNT_H
#define CT_STEPMOUNT_H

#include "build/stepping.h"

/* Reads one --mount and adds it to the step. False with the fault. */
bool stepmount_read(struct stepping *s, struct step *step, const char *text);

#endif
