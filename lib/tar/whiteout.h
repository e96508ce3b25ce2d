/*
 * Applies a layer on top of lower layers (OCI image spec, layer.md). Whiteouts hide files of
 * lower layers, never files of the layer itself, wherever the whiteout stands among the
 * layer's entries. An entry replaces any file of its name. A directory that only receives
 * entries keeps its times.
 *
 * Only for the child that has the directory as its root (confine.h): names are followed
 * through symbolic links of any layer within that root. The directory must be on btrfs,
 * where inode numbers only grow.
 */
#ifndef CT_WHITEOUT_H
#define CT_WHITEOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct archive_entry;
struct err;

struct whiteout {
	int mark;           /* an unnamed file: files of this layer have larger inode numbers */
	ino_t last;         /* its inode number */
	void *dirs, *links; /* see whiteout.c; not freed before the process ends */
	size_t kept;        /* their size in bytes, approximately: bounded */
};

int whiteout_begin(struct whiteout *l, struct err *e);

/*
 * Prepares for an entry with this name (tarentry_take_names). Returns 0 when the name is free,
 * or holds a directory that the entry describes again; that directory has lost its attributes.
 * Returns 1 if the entry needs nothing more: it was a whiteout, which is applied now, or AUFS
 * metadata, which is ignored.
 */
int whiteout_prepare(struct whiteout *l, struct archive_entry *entry, const char *name,
		     struct err *e);

/* Whether whiteout_prepare must see an entry with this name even if there is no such file. */
bool whiteout_concerns(const char *name);
/* For a file that is new in the directory `path`, instead of whiteout_prepare. */
int whiteout_enter(struct whiteout *l, const struct stat *st, const char *path, struct err *e);

/* After the last entry: sets the times of directories. */
int whiteout_end(struct whiteout *l, struct err *e);

#endif
