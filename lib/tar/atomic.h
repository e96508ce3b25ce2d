/*
 * Files that take their places in a directory which is in use, each in one step:
 * made under another name beside their own, renamed when they are whole. For a child
 * process that does nothing else (untar_merge), since signals clear up too.
 */
#ifndef CT_ATOMIC_H
#define CT_ATOMIC_H

struct archive_entry;
struct err;

/* A signal that ends the process, and the end of its parent, removes what is aside. */
void atomic_begin(void);

/* The entry's name becomes the other one, until atomic_place. */
int atomic_set(struct archive_entry *entry, const char *name, struct err *e);
/* That other name; "" if nothing is aside. */
const char *atomic_name(void);
/* What is aside becomes `name`; nothing aside is success. */
int atomic_place(const char *name, struct err *e);

/* Notes that `name` was not there before. */
void atomic_new(const char *name);
/* Removes all that was noted, and what is aside. */
void atomic_undo(void);

#endif
