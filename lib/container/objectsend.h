/* Sends an image, a container or a volume to another store (transfer.h). */
#ifndef CT_OBJECTSEND_H
#define CT_OBJECTSEND_H

#include <stdint.h>

struct err;
struct store;

/*
 * Writes the object that ref names to descriptor `to` (called target in messages). Running
 * containers are frozen while snapshots of their files are taken. parent: an image, or a snapshot
 * of a volume, that the receiving store has too; only the differences to it are written. NULL:
 * everything. progress may be NULL; it gets the bytes written so far.
 */
int objectsend(const struct store *s, const char *ref, const char *parent, int to,
	       const char *target, void (*progress)(uint64_t bytes), struct err *e);

#endif
