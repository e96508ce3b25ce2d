/* Reads ct-run's mount options and the image's volumes, checks them for conflicts, and fills the
 * plan. */
#ifndef CT_MOUNTOPTS_H
#define CT_MOUNTOPTS_H

#include "base/str.h"
#include "store/plan.h"

struct err;

struct mountopts {
	struct strv volumes, tmpfs, devices; /* values of --volume, --tmpfs, --device */
	struct strv mounts;                  /* of --mount */
};

/*
 * wanted: the volumes that the image declares. Each gets a directory that belongs to the container,
 * unless an option mounts something at the same place. Two options with the same target are
 * refused.
 */
int mountopts_plan(const struct mountopts *o, const struct strv *wanted, struct plan *plan,
		   struct err *e);

void mountopts_free(struct mountopts *o);

#endif
