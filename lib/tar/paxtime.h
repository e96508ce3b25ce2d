/*
 * Fractional times before 1970 in pax archives (POSIX pax, "pax Extended Header File
 * Times"): "-1.5" is one and a half seconds before 1970. libarchive 3.6 and 3.7 read it as
 * -1 + 0.5, and write it that way.
 */
#ifndef CT_PAXTIME_H
#define CT_PAXTIME_H

#include <stddef.h>

struct archive_entry;

/*
 * Corrects an entry's times from its extended headers: n bytes of the archive from the entry's
 * first header on. Bytes after the headers are ignored.
 */
void paxtime_read(const void *headers, size_t n, struct archive_entry *entry);

/*
 * Sets an entry's modification time so that libarchive writes the correct value. libarchive
 * cannot write "-0.5", so a fraction within the last second before 1970 is lost.
 */
void paxtime_write(struct archive_entry *entry, long long sec, unsigned nsec);

#endif
