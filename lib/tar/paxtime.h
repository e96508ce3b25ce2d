/*
 * Times before 1970 with a fraction, as pax archives have them (POSIX pax, "pax Extended Header
 * File Times"): "-1.5" is one and a half seconds before 1970. libarchive (3.6 to 3.7) takes it for
 * -1 + 0.5, and writes it so.
 */
#ifndef CT_PAXTIME_H
#define CT_PAXTIME_H

#include <stddef.h>

struct archive_entry;

/*
 * Sets an entry's times anew from the extended headers that it had: n bytes of the archive, from
 * the first of its headers on, and whatever follows.
 */
void paxtime_read(const void *headers, size_t n, struct archive_entry *entry);

/*
 * Sets an entry's modification time so that libarchive writes what is meant. It has no way to write
 * "-0.5": of the last second before 1970 the fraction is lost.
 */
void paxtime_write(struct archive_entry *entry, long long sec, unsigned nsec);

#endif
