/*
 * Writes new files to the disk while more are made, so that the disk works during an unpacking and
 * not after it.
 */
#ifndef CT_EARLY_H
#define CT_EARLY_H

#include <stdint.h>

struct early;

/*
 * Starts a thread that writes the file system of the current directory to the disk. NULL: it
 * cannot, and the caller's sync at the end writes everything. The thread cannot be stopped and the
 * memory is not freed: only for a process that ends when its work is done (untar.c). An error
 * of the disk is left to the caller's sync.
 */
struct early *early_begin(void);

/* Tells how many bytes have been written to files so far. */
void early_tell(struct early *w, uint64_t bytes);

#endif
