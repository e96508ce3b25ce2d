/*
 * Data that outlives a container's root: volumes by name (-v NAME:DST), objects
 * of the store like any other,
 *
 *	CT_ROOT/vol_N/	config (a record: created), data (a subvolume), while data is
 *			filled: filling (a subvolume with all that is to be in it)
 *
 * and the volumes that an image asks for, which belong to the one container:
 * CT_ROOT/ps_N/data-K.
 */
#ifndef CT_VOLSTORE_H
#define CT_VOLSTORE_H

#include "store/store.h"

/*
 * The data of the volume of that name, made if there is none. If it is empty it is filled
 * with what the container's root directory holds at target, and gets its owner and mode.
 * Gives a descriptor.
 */
int volstore_open(const struct store *s, const char *name, int root, const char *target,
		  struct err *e);

/* Where the data of the volume of that name is; NULL: e->sys ENOENT, there is none. The caller
 * frees it. */
char *volstore_path(const struct store *s, const char *name, struct err *e);

/* What the subvolume of the container's K-th volume of its own is called. The caller frees it. */
char *volstore_own_name(size_t k);

/* A new subvolume `name` beneath dir, filled in the same way. */
int volstore_create(int dir, const char *name, int root, const char *target, struct err *e);

#endif
