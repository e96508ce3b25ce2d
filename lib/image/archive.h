/* Makes images of the store from an unpacked image archive, which may hold several. */
#ifndef CT_ARCHIVE_H
#define CT_ARCHIVE_H

#include "base/str.h"
#include "store/store.h"
#include "tar/treecopy.h"

struct err;

struct archive_import {
	const struct store *store;
	int dir;          /* the archive's files (ocilayout.h) */
	const char *what; /* the archive in messages */
	const char *name; /* a name instead of the archive's; an error if there are several images */
	treecopy_progress *progress; /* may be NULL */
	struct strv *moved;          /* gets a note for each name that another image loses */
};

/*
 * Adds the ids of the images, in the archive's order. They get their names when all of them are in
 * the store. On failure none is new, and no name has moved.
 */
int archive_import(const struct archive_import *in, struct strv *ids, struct err *e);

#endif
