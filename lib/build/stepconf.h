/*
 * Instructions that change what an image says of itself: ARG, ENV, LABEL, EXPOSE,
 * VOLUME, USER, WORKDIR, CMD, ENTRYPOINT, SHELL, STOPSIGNAL, HEALTHCHECK, MAINTAINER.
 */
#ifndef CT_STEPCONF_H
#define CT_STEPCONF_H

#include "build/stepping.h"

/* Does the current instruction, which is added as a step. False: it is none of these. */
bool stepconf_apply(struct stepping *s);

/* ARG before the first FROM: into s->global. No step. */
void stepconf_global_arg(struct stepping *s);

/* The words that a command in shell form begins with ("/bin/sh" "-c"), added to out. */
void stepconf_shell(const struct stepping *s, struct strv *out);

#endif
