/* The image that a build makes. */
#ifndef CT_BUILDIMAGE_H
#define CT_BUILDIMAGE_H

#include "build/build.h"

/*
 * Makes the image of the target stage, with additional labels (KEY=VALUE). If the store has the
 * same image already, that one is used (*made is false). The names move to the image. An image that
 * has only names from the list is replaced and keeps its id.
 */
int buildimage_publish(struct build *b, const struct strv *labels, const struct strv *names,
		       char id[ID_LEN], bool *made, struct err *e);

#endif
