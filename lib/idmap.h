/*
 * User and group id maps of a container's user namespace (user_namespaces(7)).
 *
 * Each running container has 65,536 host ids of its own, out of the ids
 * 0x20000000 to 0x6fffffff. Which ones is told by its number, so that nothing
 * need be searched; a link CT_RUN/userns-SLOT -> ID claims them, and a slot
 * that another container holds is passed over.
 */
#ifndef CT_IDMAP_H
#define CT_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

enum { IDMAP_MAX = 16, IDMAP_RANGE = 65536 };

struct idmap {
	struct { uint32_t inside, outside, count; } line[IDMAP_MAX];
	int n;			/* 0: no map at all */
};

/* CTR:HOST:COUNT[,CTR:HOST:COUNT...] */
int idmap_read(const char *text, struct idmap *m, struct err *e);
/* The container's own range, claimed for it in run (CT_RUN), where its directory stands already. */
int idmap_claim(int run, const char *id, struct idmap *m, struct err *e);
/* Lets the range go; absent is success. */
void idmap_release(int run, const char *id);

/* The host's id of an inside id; (uint32_t)-1 if it has none. */
uint32_t idmap_outside(const struct idmap *m, uint32_t inside);

/* The uid map of a process, as this process sees it. */
int idmap_of(pid_t pid, struct idmap *m, struct err *e);

/* Writes uid_map and gid_map of a process in a new user namespace. */
int idmap_write(const struct idmap *m, pid_t pid, struct err *e);

#endif
