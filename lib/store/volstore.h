/*
 * Volumes. A named volume (-v NAME:DST) outlives containers and is an object of the store:
 *
 *	CT_ROOT/vol_N/	config (a record: created, label* (K=V) and, of a snapshot, of (the
 *			volume's id)), data (a subvolume, read-only in a snapshot); while data is
 *			being filled also: filling (a subvolume with its future content)
 *
 * A volume that the image declares belongs to one container: CT_ROOT/ps_N/data-K.
 */
#ifndef CT_VOLSTORE_H
#define CT_VOLSTORE_H

#include "store/store.h"

/*
 * Opens the data of the named volume and makes the volume if it is missing. An empty volume is
 * filled with the content of target in the container's root directory, including owner and
 * mode; target NULL: it stays empty. Returns a descriptor.
 */
int volstore_open(const struct store *s, const char *name, int root, const char *target,
		  struct err *e);

/*
 * The path of the volume's data; NULL with e->sys ENOENT if there is no such volume.
 * The caller frees it.
 */
char *volstore_path(const struct store *s, const char *name, struct err *e);

/* The name of the subvolume of the container's K-th own volume. The caller frees it. */
char *volstore_own_name(size_t k);

/* Makes a subvolume `name` beneath dir and fills it in the same way. */
int volstore_create(int dir, const char *name, int root, const char *target, struct err *e);

#endif
