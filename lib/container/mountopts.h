/* The mount options of ct-run, and the image's volumes: read, checked against one another, put into
 * the plan. */
#ifndef CT_MOUNTOPTS_H
#define CT_MOUNTOPTS_H

#include "base/str.h"
#include "store/plan.h"

struct err;

struct mountopts {
	struct strv volumes, tmpfs, devices; /* of --volume, --tmpfs, --device */
};

/*
 * wanted: the image's volumes. An image's volume gets a directory of the container's
 * own, unless an option mounts something there. Two options with one target are refused.
 */
int mountopts_plan(const struct mountopts *o, const struct strv *wanted, struct plan *plan,
		   struct err *e);

void mountopts_free(struct mountopts *o);

#endif
