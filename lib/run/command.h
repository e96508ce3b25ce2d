/*
 * The command of a container: its environment, its working directory, and the file that the
 * container's own PATH leads to.
 */
#ifndef CT_COMMAND_H
#define CT_COMMAND_H

#include "run/program.h"

/* The PATH of a container, of a RUN and of a new image, unless the image or the user sets one. */
#define COMMAND_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Sets a variable ("NAME=VALUE") of an environment, in place of an earlier setting. */
void command_set_env(struct strv *env, const char *setting);

/* Adds PATH and HOME where nobody set them; in a container HOSTNAME and "container=ct" too. */
void command_complete_env(struct program *p);

/*
 * Looks it up: e->status is 127 for a command that is not there, 126 for one
 * that cannot be executed; of a working directory the same is said. Opens the working
 * directory (links are followed inside the root only). Completes env. root: the container's root
 * directory.
 */
int command_find(struct program *p, int root, struct err *e);

#endif
