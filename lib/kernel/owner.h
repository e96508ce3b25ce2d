/*
 * The owner of a user namespace. The kernel charges inotify instances and nested namespaces of
 * a user namespace to the user who made it, too (fs.inotify.max_user_instances is 128;
 * namespaces(7), user.max_*). Therefore the host id of the container's root makes the user
 * namespace: a container then exhausts neither another container's limits nor those of the
 * host's root. That id gains no privileges, because no process outside the container has it.
 *
 * Between owner_begin and owner_end the caller, root, has that effective id and
 * keeps its capabilities.
 */
#ifndef CT_OWNER_H
#define CT_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/* false, with nothing changed: owner is 0, or the caller is not root or lacks the privilege. */
bool owner_begin(uid_t owner);
/* Keeps errno. */
void owner_end(bool begun);

#endif
