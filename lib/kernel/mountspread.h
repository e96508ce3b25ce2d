/*
 * Bind mounts that stay connected with the host's mounts: what is mounted below the source later
 * appears in them (slave), and with `shared` also the other way round (mount_namespaces(7)).
 */
#ifndef CT_MOUNTSPREAD_H
#define CT_MOUNTSPREAD_H

#include <stdbool.h>

struct err;
struct strv;

/*
 * Copies the mount at path, detached, with a propagation: MS_SHARED or MS_SLAVE; all: with the
 * mounts below it and their propagation. userns: the user namespace for idmapped mounts; -1: none.
 * Where a file system has no idmapped mounts, the whole tree is bound as it is, nosuid, and its
 * path added to skipped. Returns its descriptor. Refuses a source that is not on such a mount, and
 * without `all` one with mounts below it: these could only be attached separately, and that would
 * reach the host.
 */
int mountspread_copy(const char *path, unsigned long propagation, bool all, int userns,
		     struct strv *skipped, struct err *e);

#endif
