/*
 * What is mounted in a container's root: collected in any order, then put in
 * place, "/x" before "/x/y", or it would hide that.
 */
#ifndef CT_FIXTURE_H
#define CT_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct fixture {
	int fd;			/* a detached mount; -1: a tmpfs that is to be made */
	bool device;		/* the mount is a file system with one device node */
	char *target;		/* absolute */
	char *options;		/* of the tmpfs */
};

struct fixtures {
	struct fixture *v;
	size_t n;
};

/*
 * The descriptor and the strings are the list's from then on. Of two with one target the later
 * one is seen: a file of ct's own in /etc is added before what the user mounts there.
 */
void fixture_add(struct fixtures *f, const struct fixture *one);
/* dev: the container's /dev, where a device's node is bound from. */
int fixtures_mount(struct fixtures *f, int root, int dev, struct err *e);
void fixtures_free(struct fixtures *f);
#define own_fixtures __attribute__((cleanup(fixtures_free)))

#endif
