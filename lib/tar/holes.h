/*
 * Writes the data of a file without its blocks of zeros, which become holes. Layers have the
 * holes of files as zeros (tarwrite.h).
 */
#ifndef CT_HOLES_H
#define CT_HOLES_H

#include <stddef.h>
#include <sys/types.h>

/* Writes n bytes at an offset. 0 or -1. */
typedef int holes_writer(void *arg, const void *data, size_t n, off_t at);

/* Calls the writer for the data between blocks of zeros; perhaps not at all. */
int holes_write(holes_writer *write, void *arg, const void *data, size_t n, off_t at);

#endif
