#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define NSEC 1000000000ULL

/* Reads digits at *s; fails without digits and on overflow. */
static bool digits(const char **s, uint64_t *out)
{
	uint64_t v = 0;
	const char *p = *s;

	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	*s = p;
	*out = v;
	return true;
}

/* Reads the digits of a decimal fraction and multiplies it by scale; a remainder smaller than 1 is
 * dropped. */
static bool fraction(const char **s, uint64_t scale, uint64_t *out)
{
	uint64_t part = 0, places = 1;
	const char *p = *s;

	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		if (places == NSEC)
			continue;
		part = part * 10 + (uint64_t)(*p - '0');
		places *= 10;
	}
	*out = (uint64_t)((unsigned __int128)part * scale / places);
	*s = p;
	return true;
}

/* Reads "1", "1.5" or ".5" and multiplies by scale; a remainder smaller than 1 is dropped. */
static bool decimal(const char **s, uint64_t scale, uint64_t *out)
{
	uint64_t whole = 0, part = 0;
	const char *p = *s;

	if (*p != '.' && !digits(&p, &whole))
		return false;
	if (__builtin_mul_overflow(whole, scale, &whole))
		return false;
	if (*p == '.' && (p++, !fraction(&p, scale, &part)))
		return false;
	if (__builtin_add_overflow(whole, part, out))
		return false;
	*s = p;
	return true;
}

int num_uint(const char *s, uint64_t min, uint64_t max, uint64_t *out, struct err *e)
{
	const char *p = s;
	uint64_t v;

	if (!digits(&p, &v) || *p)
		return err_set(e, "%s: not a number", s);
	if (v < min || v > max)
		return err_set(e, "%s: not between %" PRIu64 " and %" PRIu64, s, min, max);
	*out = v;
	return 0;
}

int num_size(const char *s, uint64_t *bytes, struct err *e)
{
	static const char units[] = "bkmgtp";
	const char *p = s, *unit;
	uint64_t scale = 1;

	/*
	 * The unit follows the number but determines the scale of its fraction, so
	 * read the unit first.
	 */
	p += strspn(p, "0123456789.");
	if (*p) {
		unit = strchr(units, tolower((unsigned char)*p));
		if (!unit)
			goto bad;
		scale = 1ULL << (10 * (unit - units));
		p++;
		if (unit != units) {
			if (tolower((unsigned char)*p) == 'i')
				p++;
			if (tolower((unsigned char)*p) == 'b')
				p++;
		}
		if (*p)
			goto bad;
	}
	p = s;
	if (!decimal(&p, scale, bytes) || p != s + strspn(s, "0123456789."))
		goto bad;
	return 0;
bad:
	return err_set(e, "%s: not a size (a number, or one with k, m, g or t)", s);
}

int num_fixed(const char *s, uint64_t scale, uint64_t *out, struct err *e)
{
	const char *p = s;

	if (!decimal(&p, scale, out) || *p)
		return err_set(e, "%s: not a number", s);
	return 0;
}

/* Reads "1h30m", "1.5s", "200ms": at least one number with its unit. */
static bool duration(const char *s, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ns", 1},        {"us", 1000},       {"ms", 1000000},     {"s", NSEC},
		{"m", 60 * NSEC}, {"h", 3600 * NSEC}, {"d", 86400 * NSEC}, {"w", 7 * 86400 * NSEC},
	};
	uint64_t total = 0, v;
	size_t len, i;
	const char *p;

	if (!*s)
		return false;
	while (*s) {
		p = s + strspn(s, "0123456789.");
		len = strcspn(p, "0123456789.");
		for (i = 0; i < sizeof(units) / sizeof(*units); i++)
			if (strlen(units[i].name) == len && strncmp(units[i].name, p, len) == 0)
				break;
		if (i == sizeof(units) / sizeof(*units) || !decimal(&s, units[i].ns, &v) ||
		    s != p || __builtin_add_overflow(total, v, &total))
			return false;
		s = p + len;
	}
	*ns = total;
	return true;
}

/*
 * Reads HH[:MM[:SS[.FRACTION]]] into tm and nanoseconds; returns what follows, or NULL. ISO 8601
 * also has a comma before the fraction, and `date -Ins` writes it.
 */
static const char *clock_of_day(const char *s, struct tm *tm, uint64_t *frac)
{
	const char *p = strptime(s, "%H", tm);

	if (p && *p == ':')
		p = strptime(p + 1, "%M", tm);
	else
		return p;
	if (p && *p == ':')
		p = strptime(p + 1, "%S", tm);
	else
		return p;
	if (p && (*p == '.' || *p == ',') && (p++, !fraction(&p, NSEC, frac)))
		return NULL;
	return p;
}

/* Reads Z, +HH:MM or +HHMM, or as in "+0000 UTC" with a name after it; false if s is none of them. */
static bool zone(const char *s, int *seconds)
{
	char sign;
	int hh, mm, used = 0;

	*seconds = 0;
	if (strcmp(s, "Z") == 0)
		return true;
	s += *s == ' ';
	if (sscanf(s, "%c%2d:%2d%n", &sign, &hh, &mm, &used) != 3 || used != 6)
		used = 0;
	if (!used && (sscanf(s, "%c%2d%2d%n", &sign, &hh, &mm, &used) != 3 || used != 5))
		return false;
	if ((sign != '+' && sign != '-') || !isdigit((unsigned char)s[1]) ||
	    !isdigit((unsigned char)s[used - 2]) || hh > 23 || mm > 59)
		return false;
	s += used;
	if (*s == ' ')
		s += 1 + strspn(s + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	*seconds = (sign == '+' ? 1 : -1) * (hh * 3600 + mm * 60);
	return *s == '\0';
}

/* Reads the date formats of num_time; false if s has none of them. */
static bool date(const char *s, struct timespec *out)
{
	struct tm tm = {.tm_isdst = -1}, day;
	const char *p = strptime(s, "%Y-%m-%d", &tm);
	uint64_t frac = 0;
	int east;

	if (!p)
		return false;
	day = tm;
	timegm(&day);
	if (day.tm_mday != tm.tm_mday) /* 30 February has become 1 March */
		return false;
	if (*p == 'T' || *p == ' ')
		p = clock_of_day(p + 1, &tm, &frac);
	if (!p)
		return false;
	out->tv_nsec = (long)frac;
	if (*p == '\0')
		out->tv_sec = mktime(&tm);
	else if (zone(p, &east))
		out->tv_sec = timegm(&tm) - east;
	else
		return false;
	return true;
}

int num_time(const char *s, struct timespec *out, struct err *e)
{
	const char *p = s;
	uint64_t v;

	if (date(s, out))
		return 0;
	if (decimal(&p, NSEC, &v) && !*p) {
		out->tv_sec = (time_t)(v / NSEC);
		out->tv_nsec = (long)(v % NSEC);
		return 0;
	}
	if (duration(s, &v)) {
		clock_gettime(CLOCK_REALTIME, out);
		out->tv_sec -= (time_t)(v / NSEC);
		out->tv_nsec -= (long)(v % NSEC);
		if (out->tv_nsec < 0) {
			out->tv_nsec += (long)NSEC;
			out->tv_sec--;
		}
		return 0;
	}
	return err_set(
		e,
		"%s: not a time (2024-05-01T10:00:00Z, seconds since 1970, or an age such as 5m)",
		s);
}

/*
 * The date of a day counted from 1970-01-01. gmtime(3) would read the time zone of the host for it.
 * Years begin with March here, so that a leap day is the last day of its year.
 */
static void date_of(int64_t day, int *year, int *month, int *mday)
{
	enum { PERIOD = 146097 };              /* days of 400 years */
	int64_t since = day + 719468, periods; /* 0000-03-01 is 719468 days before 1970 */
	int in, y, m;

	periods = since / PERIOD - (since % PERIOD < 0);
	in = (int)(since - periods * PERIOD);
	y = (in - in / 1460 + in / 36524 - in / 146096) / 365;
	in -= 365 * y + y / 4 - y / 100;
	m = (5 * in + 2) / 153;
	*mday = in - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = (int)(periods * 400) + y + (*month <= 2);
}

void num_time_format(const struct timespec *t, char out[NUM_TIME_LEN])
{
	const int64_t last = 253402300799, first = -62135596800; /* the years 9999 and 1 */
	int64_t s = t->tv_sec < first || t->tv_sec > last ? 0 : t->tv_sec;
	int64_t day = s / 86400 - (s % 86400 < 0);
	int in = (int)(s - day * 86400), year, month, mday;

	date_of(day, &year, &month, &mday);
	/* An image without a creation time has the year 1: RFC 3339 requires four digits. */
	snprintf(out, NUM_TIME_LEN, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ", (unsigned)year % 10000,
		 (unsigned)month % 100, (unsigned)mday % 100, (unsigned)in / 3600 % 100,
		 (unsigned)in / 60 % 60, (unsigned)in % 60, (unsigned)t->tv_nsec % 1000000000U);
}
