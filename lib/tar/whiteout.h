/*
 * What lower layers left in a directory, while a layer is applied on top of it
 * (OCI image spec, layer.md): whiteouts hide what is from below, never what the layer itself
 * put there, wherever among its entries they stand; an entry takes the place
 * of whatever has its name; a directory into which something is put keeps its times.
 *
 * For the child that stands in that directory as its root (confine.h): names go through
 * links of any layer, to what they mean in there. It must be on btrfs, where inode numbers only
 * grow.
 */
#ifndef CT_WHITEOUT_H
#define CT_WHITEOUT_H

#include <stddef.h>
#include <sys/types.h>

struct archive_entry;
struct err;

struct whiteout {
	int mark;   /* a file without a name: all that has a larger inode number is of this layer */
	ino_t last; /* its number */
	void *dirs, *links; /* see whiteout.c; what they take is the process's until it ends */
	size_t kept;        /* bytes of that, about: bounded */
};

int whiteout_begin(struct whiteout *l, struct err *e);

/*
 * Before an entry is made under name (tarentry_take_names): gives 0 with nothing in its
 * way but a directory that it is another entry of, and that has no attributes then; 1 if it was
 * a whiteout, which is done with, or metadata of AUFS, which means nothing.
 */
int whiteout_prepare(struct whiteout *l, struct archive_entry *entry, const char *name,
		     struct err *e);

/* After the last: directories get their times. */
int whiteout_end(struct whiteout *l, struct err *e);

#endif
