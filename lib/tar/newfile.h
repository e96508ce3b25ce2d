/*
 * Makes the ordinary files of an archive with few system calls: a regular file, without extended
 * attributes, whose name is new in a directory that exists. Everything else is left to libarchive,
 * which costs ten calls more for each file.
 *
 * Only for the child that has the directory as its root (confine.h): names are followed
 * through symbolic links within that root.
 */
#ifndef CT_NEWFILE_H
#define CT_NEWFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct archive_entry;
struct err;

/* The directory of the last file. */
struct newfile_dir {
	char *path; /* NULL: none */
	int fd;
	bool plain; /* new files get no other group or mode from it */
};

/* Called when a directory is entered, with its path. -1 with the error. */
typedef int newfile_enter(void *arg, const struct stat *st, const char *path, struct err *e);

/* Whether the entry is such a file, apart from its name. */
bool newfile_is_ordinary(struct archive_entry *entry);

/*
 * Makes the file and opens it for writing. Returns 1 with the descriptor; 0 if libarchive is to
 * make the entry (which finds the same error, or none); -1 if `enter` failed.
 */
int newfile_open(struct newfile_dir *dir, struct archive_entry *entry, const char *name,
		 newfile_enter *enter, void *arg, int *fd, struct err *e);
/* Sets size, owner, mode and times after the data: `end` is the offset after the last byte. */
int newfile_finish(int fd, struct archive_entry *entry, off_t end);

/* Forgets the directory: names may lead elsewhere now. */
void newfile_leave(struct newfile_dir *dir);

#endif
