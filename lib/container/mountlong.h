/* Parses --mount type=bind|volume|tmpfs,KEY=VALUE,...: the long form of -v and --tmpfs. */
#ifndef CT_MOUNTLONG_H
#define CT_MOUNTLONG_H

#include <stdbool.h>

struct err;
struct mountspec;

/* tmpfs: whether it is one. A volume without a source has neither name nor source, as with -v DST. */
int mountlong_read(const char *text, struct mountspec *v, bool *tmpfs, struct err *e);

#endif
