/* Receives an object that objectsend.h sent. The input is not trusted. */
#ifndef CT_OBJECTRECEIVE_H
#define CT_OBJECTRECEIVE_H

#include <stdint.h>

#include "store/ids.h"

struct err;
struct store;
struct strv;

/*
 * Reads an object from descriptor `from` (called what in messages) and publishes it with a new id
 * once it is complete and its digest is right; until then it is a draft. A confined child process
 * reads the input. The names are those that were sent, or only `name` if that is not NULL; an
 * image's names move from other images. What the receiver cannot check is dropped: the digests and
 * layers of an image, by which ct pull and ct build would find it. notes gets lines for the user.
 * progress may be NULL.
 */
int objectreceive(const struct store *s, int from, const char *what, const char *name,
		  char id[ID_LEN], struct strv *notes, void (*progress)(uint64_t bytes),
		  struct err *e);

#endif
