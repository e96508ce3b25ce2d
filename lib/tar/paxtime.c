#include "tar/paxtime.h"

#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 512, SIZE_AT = 124, TYPE_AT = 156, DIGITS = 9, SECOND = 1000000000 };

/* Reads the digits '0' to highest at *p and moves *p behind them. Stops below 2^62. */
static uint64_t number(const char **p, const char *end, char highest)
{
	uint64_t n = 0;

	for (; *p < end && **p >= '0' && **p <= highest && n < UINT64_C(1) << 58; ++*p)
		n = n * (uint64_t)(highest - '0' + 1) + (uint64_t)(**p - '0');
	return n;
}

/* Reads "-SECONDS.FRACTION". false for any other time: libarchive reads those correctly. */
static bool early_time(const char *p, const char *end, int64_t *sec, long *nsec)
{
	long fraction = 0;
	int64_t whole;

	if (p == end || *p++ != '-')
		return false;
	whole = (int64_t)number(&p, end, '9');
	if (p == end || *p++ != '.')
		return false;
	for (int i = 0; i < DIGITS; i++)
		fraction = fraction * 10 + (p < end && *p >= '0' && *p <= '9' ? *p++ - '0' : 0);
	*sec = fraction ? -whole - 1 : -whole;
	*nsec = fraction ? SECOND - fraction : 0;
	return true;
}

static void read_record(const char *record, const char *end, struct archive_entry *entry)
{
	static const char mtime[] = "mtime=", atime[] = "atime=";
	size_t key = sizeof(mtime) - 1;
	int64_t sec;
	long nsec;

	if ((size_t)(end - record) <= key || !early_time(record + key, end, &sec, &nsec))
		return;
	if (memcmp(record, mtime, key) == 0)
		archive_entry_set_mtime(entry, sec, nsec);
	else if (memcmp(record, atime, key) == 0)
		archive_entry_set_atime(entry, sec, nsec);
}

/* Records have the form "LENGTH KEY=VALUE\n"; LENGTH counts the whole record. */
static void read_records(const char *p, const char *end, struct archive_entry *entry)
{
	while (p < end) {
		const char *record = p;
		uint64_t n = number(&record, end, '9');

		if (n > (uint64_t)(end - p) || record >= p + n || *record != ' ')
			return;
		read_record(record + 1, p + n - 1, entry);
		p += n;
	}
}

void paxtime_read(const void *headers, size_t n, struct archive_entry *entry)
{
	const char *p = headers, *end = p + n;

	while (end - p >= BLOCK && p[TYPE_AT] && strchr("xgLK", p[TYPE_AT])) {
		const char *digits = p + SIZE_AT, *body = p + BLOCK;
		uint64_t size = number(&digits, p + SIZE_AT + 12, '7');
		uint64_t blocks = (size + BLOCK - 1) / BLOCK * BLOCK;

		if (blocks > (uint64_t)(end - body))
			return;
		if (p[TYPE_AT] == 'x')
			read_records(body, body + size, entry);
		p = body + blocks;
	}
}

void paxtime_write(struct archive_entry *entry, long long sec, unsigned nsec)
{
	if (sec >= 0 || nsec == 0)
		archive_entry_set_mtime(entry, sec, nsec);
	else if (sec == -1)
		archive_entry_set_mtime(entry, sec, 0);
	else
		archive_entry_set_mtime(entry, sec + 1, SECOND - (long)nsec);
}
