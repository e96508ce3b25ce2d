/*
 * An image by its name, pulled first if it is not there. ct-pull does that, as a
 * program of its own: nothing else is linked to what it takes to speak to a registry.
 */
#ifndef CT_PULL_H
#define CT_PULL_H

#include "store/image.h"

struct err;

enum pull_policy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER };

/* "missing", "always", "never" into an enum pull_policy; for option tables. */
int pull_read_policy(void *to, const char *text, struct err *e);

/*
 * image_open, and what the policy says. ct-pull says itself on stderr why it
 * failed: the error has no words then.
 */
int pull_open(const struct store *s, const char *ref, enum pull_policy policy, struct image *img,
	      struct err *e);

#endif
