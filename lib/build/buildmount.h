/* A RUN's mounts, made ready for the container. */
#ifndef CT_BUILDMOUNT_H
#define CT_BUILDMOUNT_H

#include "build/build.h"
#include "build/stepkey.h"

struct mounting {
	struct build *b;
	const struct step *step;
	const struct draft *work; /* what is mounted from the context is copied here, with what may
				     be written */
	struct strv volumes, tmpfs; /* as ct-run's options have them */
	struct stored_step *caches; /* held as long as the command runs */
	size_t caches_n;
};

/* Whether what is mounted from the context is there. */
int buildmount_check(struct build *b, const struct step *step, struct err *e);
/* The content of what is mounted, into the key. */
int buildmount_key(struct build *b, const struct step *step, struct stepkey *k, struct err *e);

int buildmount_open(struct mounting *m, struct err *e);
void buildmount_close(struct mounting *m);
#define own_mounting __attribute__((cleanup(buildmount_close)))

/* Removes what was made in the tree for something to be mounted on: what is empty, and was not
 * there in the tip. */
void buildmount_clear(const struct mounting *m, const struct tip *tip, int rootfs);

#endif
