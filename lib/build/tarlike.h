/* Whether a file looks like an archive: a tar, or what the compressions that tarread.h knows begin
 * with. */
#ifndef CT_TARLIKE_H
#define CT_TARLIKE_H

#include <stdbool.h>

/* Reads the file's first 512 bytes, from its beginning; where it is read next is as it was. */
bool tarlike(int fd);

#endif
