/*
 * ID maps of a container's user namespace (user_namespaces(7)).
 *
 * Each running container has its own range of 65,536 host ids, from 0x20000000 to 0x6fffffff.
 * The container's number and its CT_RUN choose the range, so that claiming one rarely needs a
 * search. A range is claimed against all containers of this host, including those of other sets
 * (hostslot.h); a range in use is skipped.
 */
#ifndef CT_IDMAP_H
#define CT_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

enum { IDMAP_MAX = 16, IDMAP_RANGE = 65536 };

struct idmap {
	struct {
		uint32_t inside, outside, count;
	} line[IDMAP_MAX];
	int n; /* 0: no map */
	/* maps one id to the caller's own, without privileges; then `group` is mapped too: */
	bool own;
	gid_t group;
};

/* CTR:HOST:COUNT[,CTR:HOST:COUNT...] */
int idmap_read(const char *text, struct idmap *m, struct err *e);
/*
 * Claims a range for the container, whose directory already exists in run (CT_RUN). held: a
 * descriptor to keep open while the container runs.
 */
int idmap_claim(int run, const char *id, struct idmap *m, int *held, struct err *e);
/*
 * A map for a run without a record. Root gets a range that no container claims, chosen by our
 * pid. If the range is not available (in a user namespace), root gets the ids of its own
 * namespace unchanged. Another user becomes root by its own id only.
 */
int idmap_borrow(struct idmap *m, struct err *e);
/*
 * Shares the range of the container `from` with the container id, which joins its user
 * namespace. Both have their directories in run. Before the call, the caller makes the link
 * IDMAP_SHARED ID in the directory of `from`. idmap_release reads these links, so the range
 * stays claimed while either container lives.
 */
#define IDMAP_SHARED "shared-"
int idmap_share(int run, const char *from, const char *id, int *held, struct err *e);
/* Releases the container's range; success if it has none. */
void idmap_release(int run, const char *id);

/* The host id of an id inside; (uint32_t)-1 if it is not mapped. */
uint32_t idmap_outside(const struct idmap *m, uint32_t inside);

/* The host id of root inside; 0 without a map, or if root is not mapped. */
uint32_t idmap_root(const struct idmap *m);

/* The uid map of a process (0: our own), as this process sees it. */
int idmap_of(pid_t pid, struct idmap *m, struct err *e);

/* The same with a map of its own for groups; without one the groups are mapped like the users. */
int idmap_write_both(const struct idmap *uids, const struct idmap *gids, pid_t pid, struct err *e);

/* Makes a user namespace with these maps, for idmapped mounts. Returns its descriptor. */
int idmap_namespace(const struct idmap *uids, const struct idmap *gids, struct err *e);

/*
 * Writes uid_map and gid_map of a process in a new user namespace. For a map of the caller's
 * own id, setgroups(2) is denied first, as the kernel requires.
 */
int idmap_write(const struct idmap *m, pid_t pid, struct err *e);

#endif
