/*
 * Opens an image by name and pulls it first if necessary. The program ct-pull does the pull, so
 * that no other program is linked with libcurl.
 */
#ifndef CT_PULL_H
#define CT_PULL_H

#include "store/image.h"

struct err;

enum pull_policy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER };

/* Reads "missing", "always" or "never" into an enum pull_policy; for option tables. */
int pull_read_policy(void *to, const char *text, struct err *e);

/*
 * Pulls the image as the policy says, then opens it (image_open). If ct-pull fails, it prints its
 * own error; the error returned here then has an empty message.
 */
int pull_open(const struct store *s, const char *ref, enum pull_policy policy, struct image *img,
	      struct err *e);

#endif
