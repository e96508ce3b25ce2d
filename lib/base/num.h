/*
 * Numbers in the notations that users write. Each reader accepts the whole string or fails with
 * an error that names it: "12x: not a size (a number, or one with k, m, g or t)".
 */
#ifndef CT_NUM_H
#define CT_NUM_H

#include <stdint.h>
#include <time.h>

struct err;

/* A decimal number without a sign in [min, max]. */
int num_uint(const char *s, uint64_t min, uint64_t max, uint64_t *out, struct err *e);

/* A number of bytes: 512, 64k, 1.5g, 2GiB, 10MB. Units are powers of 1024, as in podman. */
int num_size(const char *s, uint64_t *bytes, struct err *e);

/* A decimal fraction such as 1.5 in units of 1/scale: num_fixed("1.5", 1000) is 1500. */
int num_fixed(const char *s, uint64_t scale, uint64_t *out, struct err *e);

/*
 * A point in time: RFC 3339 ("2024-05-01T10:00:00Z", "2024-05-01",
 * "2024-05-01T10:00:00.5+02:00"; local time without a zone; minutes and seconds may be left out,
 * and the zone may be "+0200" or " +0200 CEST"), seconds since 1970, or an age ("90s", "5m",
 * "1h30m", "2d").
 */
int num_time(const char *s, struct timespec *out, struct err *e);

#define NUM_TIME_LEN 36 /* with the final NUL */
/* Formats a time as "2024-05-01T10:00:00.123456789Z", always 30 characters. */
void num_time_format(const struct timespec *t, char out[NUM_TIME_LEN]);

#endif
