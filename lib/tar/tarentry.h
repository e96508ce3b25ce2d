/*
 * Entries of archives that come from anywhere: what is believed of one, and what is refused.
 */
#ifndef CT_TARENTRY_H
#define CT_TARENTRY_H

struct archive_entry;
struct err;

enum { NAME_SHOWN = 300 }; /* of a name in a message */

/*
 * Makes the names of an entry (its own, a hard link's target) ones beneath the
 * root, without "/" at either end; the top is ".". Names with ".." are
 * refused. what: the archive, in messages.
 */
int tarentry_take_names(struct archive_entry *entry, const char *what, struct err *e);

/* Refuses owners that are none, and ACLs that name somebody without a number. */
int tarentry_check_owner(struct archive_entry *entry, struct err *e);
int tarentry_check_acl(struct archive_entry *entry, struct err *e);

#endif
