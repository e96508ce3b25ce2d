/* Prepares the mounts of a RUN (--mount) for its container. */
#ifndef CT_BUILDMOUNT_H
#define CT_BUILDMOUNT_H

#include "build/build.h"
#include "build/stepkey.h"

struct mounting {
	struct build *b;
	const struct step *step;
	const struct draft *work;   /* holds copies of mounted files of the context, and of
				       writable mounts */
	struct strv volumes, tmpfs; /* in the form of ct-run's options */
	struct stored_step *caches; /* locked while the command runs */
	size_t caches_n;
};

/* Fails if a file to be mounted is missing in the context. */
int buildmount_check(struct build *b, const struct step *step, struct err *e);
/* Adds the content of the mounts to the step's key. */
int buildmount_key(struct build *b, const struct step *step, struct stepkey *k, struct err *e);

int buildmount_open(struct mounting *m, struct err *e);
void buildmount_close(struct mounting *m);
#define own_mounting __attribute__((cleanup(buildmount_close)))

/* Removes the mount points that the run made in the tree: empty files and directories that the tip
 * does not have. */
void buildmount_clear(const struct mounting *m, const struct tip *tip, int rootfs);

#endif
