/*
 * Instructions that change the image config: ARG, ENV, LABEL, EXPOSE,
 * VOLUME, USER, WORKDIR, CMD, ENTRYPOINT, SHELL, STOPSIGNAL, HEALTHCHECK, MAINTAINER.
 */
#ifndef CT_STEPCONF_H
#define CT_STEPCONF_H

#include "build/stepping.h"

/* Adds the current instruction as a step. False: it is none of these. */
bool stepconf_apply(struct stepping *s);

/* Reads an ARG before the first FROM into s->global; adds no step. */
void stepconf_global_arg(struct stepping *s);

/* Adds the first words of a command in shell form ("/bin/sh" "-c") to out. */
void stepconf_shell(const struct stepping *s, struct strv *out);

#endif
