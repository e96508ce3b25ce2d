/*
 * The command of a container: its environment, its working directory, and its file, found by the
 * container's own PATH.
 */
#ifndef CT_COMMAND_H
#define CT_COMMAND_H

#include "run/program.h"

/* The PATH of a container, of a RUN and of a new image, unless the image or the user sets one. */
#define COMMAND_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Sets a variable ("NAME=VALUE") of an environment and replaces an earlier setting. */
void command_set_env(struct strv *env, const char *setting);

/* Adds PATH and HOME if they are unset; in a container also HOSTNAME and "container=ct". */
void command_complete_env(struct program *p);

/*
 * Opens the working directory (links are followed inside the root only), finds the command and
 * completes the environment. e->status is 127 if the command or the working directory is missing,
 * 126 if it cannot be used. root: the container's root directory.
 */
int command_find(struct program *p, int root, struct err *e);

#endif
