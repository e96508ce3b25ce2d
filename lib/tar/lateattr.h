/*
 * Attributes of an archive's files: which of them are kept, and those that are set after all files
 * exist.
 */
#ifndef CT_LATEATTR_H
#define CT_LATEATTR_H

#include <stdbool.h>
#include <stddef.h>

struct archive_entry;
struct err;
struct late;

struct lateattr {
	bool layer;    /* of an image: the memory is bounded, and whiteout.h sets times */
	bool owned;    /* no file has an ACL */
	bool disarmed; /* no file has capabilities */
	/* Private: not freed before the process ends. */
	struct late *list;
	size_t n;
	size_t kept; /* bytes, approximately */
};

/* Sorts an entry's attributes: kept, ACL (exact, unlike its text form), or dropped. */
int lateattr_sort(struct lateattr *l, struct archive_entry *entry, const char *path, struct err *e);
/* Notes the times of a directory that exists already. */
int lateattr_times(struct lateattr *l, struct archive_entry *entry, const char *path,
		   struct err *e);
/* After the last entry. */
int lateattr_set(const struct lateattr *l, struct err *e);

#endif
