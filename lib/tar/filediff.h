/* Compares two files of two trees that nobody changes. */
#ifndef CT_FILEDIFF_H
#define CT_FILEDIFF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	DIFF_TYPE = 1, /* another type of file, device number or target of a symbolic link */
	DIFF_MODE = 2,
	DIFF_OWNER = 4,
	DIFF_TIME = 8,
	DIFF_ATTRIBUTES = 16,
	DIFF_CONTENT = 32,
	DIFF_LINKS = 64, /* hard links to other names */
};

struct filediff {
	int fd; /* O_PATH */
	bool there;
	struct statx st; /* with STATX_BTIME */
};

void filediff_close(struct filediff *f);
#define own_filediff __attribute__((cleanup(filediff_close)))

/* Whether both are the same inode, of which one subvolume has a later state than the other. */
bool filediff_same(const struct filediff *a, const struct filediff *b);

/*
 * Returns the differences: DIFF_ values, without links; only DIFF_TYPE if the types differ. The
 * content of files of one size is compared from byte `from` up to `to`. -1 with errno.
 */
int filediff_compare(const struct filediff *a, const struct filediff *b, uint64_t from,
		     uint64_t to);

#endif
