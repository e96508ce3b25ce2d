/*
 * Makes the image config of a commit. It contains what the run changed of its image's config, like
 * docker's: command, entry point, environment, working directory, user, labels, stop signal,
 * volumes, and the published ports, which are added to the exposed ones.
 */
#ifndef CT_RUNCONFIG_H
#define CT_RUNCONFIG_H

struct record;

/*
 * container: the container's record (plan.h). config: the config of its image (image.h), which is
 * changed. Adds a history entry with the command; `created` of config must be set.
 */
void runconfig_apply(const struct record *container, struct record *config);

#endif
