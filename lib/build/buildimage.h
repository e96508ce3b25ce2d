/* The image that a build comes to. */
#ifndef CT_BUILDIMAGE_H
#define CT_BUILDIMAGE_H

#include "build/build.h"

/*
 * The image of the target, with labels (KEY=VALUE) besides its own: one that is there already, if
 * it is the same, or a new one. All names move to it; one that has no other names is replaced and
 * keeps its id.
 */
int buildimage_publish(struct build *b, const struct strv *labels, const struct strv *names,
		       char id[ID_LEN], bool *made, struct err *e);

#endif
