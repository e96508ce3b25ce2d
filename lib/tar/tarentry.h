/* Checks on entries of untrusted archives. */
#ifndef CT_TARENTRY_H
#define CT_TARENTRY_H

struct archive_entry;
struct err;

enum { NAME_SHOWN = 300 }; /* characters of a name in a message */

/*
 * Converts the names of an entry (its own, and a hard link's target) to names beneath the root:
 * no "/" at either end, "." for the root itself. Names with ".." are refused. what: names the
 * archive in messages.
 */
int tarentry_take_names(struct archive_entry *entry, const char *what, struct err *e);

/* Refuses invalid owners, and ACLs that name a user or group without its id. */
int tarentry_check_owner(struct archive_entry *entry, struct err *e);
int tarentry_check_acl(struct archive_entry *entry, struct err *e);

#endif
