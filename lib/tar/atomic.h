/*
 * Atomic replacement of files in a directory that is in use: a file is made under a temporary
 * name in the same directory and renamed when it is complete. Only for the child process of
 * untar_merge, because this module installs signal handlers.
 */
#ifndef CT_ATOMIC_H
#define CT_ATOMIC_H

struct archive_entry;
struct err;

/*
 * From now on the temporary file is removed when a signal or the end of the
 * parent ends the process.
 */
void atomic_begin(void);

/* Sets the entry's name to the temporary name, until atomic_place. */
int atomic_set(struct archive_entry *entry, const char *name, struct err *e);
/* The temporary name; "" if there is no temporary file. */
const char *atomic_name(void);
/* Renames the temporary file to `name`; success if there is none. */
int atomic_place(const char *name, struct err *e);

/* Notes that `name` did not exist before. */
void atomic_new(const char *name);
/* Removes the temporary file and everything noted by atomic_new. */
void atomic_undo(void);

#endif
