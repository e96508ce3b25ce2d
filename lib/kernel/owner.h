/*
 * Whose a user namespace is. The kernel counts the inotify instances and further namespaces of a
 * user namespace against the limits of who made it, too (fs.inotify.max_user_instances
 * is 128; namespaces(7), user.max_*). So it is made by the host id that is the container's
 * root: what one container uses up is then missing to no other one, and not to the host's root.
 * That id gains nothing by it: no process outside of the container has it.
 *
 * Between owner_begin and owner_end the caller, root, has that id, and keeps its capabilities.
 */
#ifndef CT_OWNER_H
#define CT_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/* false: owner is 0, or the caller is not root or may not do this; nothing is changed then. */
bool owner_begin(uid_t owner);
/* Keeps errno. */
void owner_end(bool begun);

#endif
