/* Whether a file looks like a tar archive, or begins like one of the compressions of tarread.h. */
#ifndef CT_TARLIKE_H
#define CT_TARLIKE_H

#include <stdbool.h>

/* Reads the file's first 512 bytes; the file offset does not change. */
bool tarlike(int fd);

#endif
