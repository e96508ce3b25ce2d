/*
 * User and group id maps of a container's user namespace (user_namespaces(7)).
 *
 * Each running container has 65,536 host ids of its own, out of the ids
 * 0x20000000 to 0x6fffffff. Which ones is told by its number and by its CT_RUN, so that hardly
 * anything need be searched; they are claimed from all containers of this host, of
 * other sets of the environment too (hostslot.h), and a slot that another one holds is passed
 * over.
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
	int n;    /* 0: no map at all */
	bool own; /* one id, the caller's, by one who may map no other; with it goes its group: */
	gid_t group;
};

/* CTR:HOST:COUNT[,CTR:HOST:COUNT...] */
int idmap_read(const char *text, struct idmap *m, struct err *e);
/*
 * The container's own range, claimed for it; its directory stands in run (CT_RUN) already. held:
 * to be kept open for as long as the container runs.
 */
int idmap_claim(int run, const char *id, struct idmap *m, int *held, struct err *e);
/*
 * For a run that nobody records: root's range is one that no container claims,
 * told by our pid; where there is none (in a user namespace) the ids that are there,
 * as they are; another user is root of its own id.
 */
int idmap_borrow(struct idmap *m, struct err *e);
/*
 * The range of another container, for one that shares its user namespace; both have their
 * directories in run. It is not given away while either lives: a link IDMAP_SHARED ID, made before
 * in the directory of the first, tells it who else has it.
 */
#define IDMAP_SHARED "shared-"
int idmap_share(int run, const char *from, const char *id, int *held, struct err *e);
/* Lets the range go; absent is success. */
void idmap_release(int run, const char *id);

/* The host's id of an inside id; (uint32_t)-1 if it has none. */
uint32_t idmap_outside(const struct idmap *m, uint32_t inside);

/* That of its root; 0 without a map, or if it has none. */
uint32_t idmap_root(const struct idmap *m);

/* The uid map of a process (0: ours), as this process sees it. */
int idmap_of(pid_t pid, struct idmap *m, struct err *e);

/*
 * Writes uid_map and gid_map of a process in a new user namespace; if it is of our own
 * id, setgroups(2) is denied there before, as the kernel wants it.
 */
int idmap_write(const struct idmap *m, pid_t pid, struct err *e);

#endif
