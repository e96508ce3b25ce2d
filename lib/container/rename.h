/* Gives a container another name. */
#ifndef CT_RENAME_H
#define CT_RENAME_H

struct err;
struct store;

/*
 * Renames the container: in the store and, if it runs, in the hosts files of the containers on its
 * networks. Refuses a name that is taken, and a container whose name another container uses as its
 * network (--network container:NAME).
 */
int rename_container(const struct store *s, const char *ref, const char *name, struct err *e);

#endif
