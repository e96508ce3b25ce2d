/*
 * Writes the data of a file without its blocks of zeros, which become holes. Layers have the
 * holes of files as zeros (tarwrite.h).
 */
#ifndef CT_HOLES_H
#define CT_HOLES_H

#include <stddef.h>
#include <sys/types.h>

struct archive;

/* Like archive_write_data_block; ARCHIVE_OK if nothing remains to be written. */
int holes_write(struct archive *disk, const void *data, size_t n, off_t at);

#endif
