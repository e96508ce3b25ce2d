/*
 * The exact differences between two read-only btrfs subvolumes: every path whose type, mode, owner,
 * modification time, attributes, content or hard links differ. The kernel's send stream names the
 * places that can differ, and only these are compared: the cost depends on the number of changes,
 * not on the size of the trees.
 */
#ifndef CT_SUBDIFF_H
#define CT_SUBDIFF_H

#include <stddef.h>
#include <sys/stat.h>

struct err;

struct subdiff_change {
	char kind;     /* 'A': only in the new tree, 'D': only in the old tree, 'C': differs */
	unsigned what; /* for 'C': the DIFF_ values (filediff.h) */
	char *path;    /* beneath the root; "." for the root */
	char *from; /* for 'A': the file's path in the old tree, from which it was moved; or NULL */
	mode_t mode; /* of the file in the new tree; of a deleted file in the old tree */
};

/*
 * A directory stands before its entries; otherwise in the order of the bytes of the names. Of a
 * deleted directory, or one that another type of file replaced, the entries are not listed.
 */
struct subdiff {
	struct subdiff_change *v;
	size_t n;
};

/*
 * Finds what the subvolume `new` has changed against `old`. old -1: an empty tree without a root,
 * so that every file is added. Other subvolumes inside are empty directories in both.
 */
int subdiff_find(int old, int new, struct subdiff *out, struct err *e);
void subdiff_free(struct subdiff *d);
#define own_subdiff __attribute__((cleanup(subdiff_free)))

/*
 * Opens a path of a tree (O_PATH), never through a symbolic link; paths may be longer than
 * PATH_MAX. -1 with errno.
 */
int subdiff_open(int root, const char *path);

#endif
