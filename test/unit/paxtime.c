#include "unit.h"

#include <archive_entry.h>

#include "tar/paxtime.h"

/* Extended headers of a tar: one block with their length, then the records. */
static void read_records(const char *records, struct archive_entry *entry)
{
	char tar[2048] = "";
	size_t n = strlen(records);

	snprintf(tar + 124, 12, "%011o", (unsigned)n);
	tar[156] = 'x';
	memcpy(tar + 512, records, n);
	archive_entry_set_mtime(entry, 7, 8);
	archive_entry_unset_atime(entry);
	paxtime_read(tar, sizeof(tar), entry);
}

static void mtime_is(const char *records, long sec, long nsec)
{
	struct archive_entry *entry = archive_entry_new();

	read_records(records, entry);
	assert_int_equal(archive_entry_mtime(entry), sec);
	assert_int_equal(archive_entry_mtime_nsec(entry), nsec);
	archive_entry_free(entry);
}

/* POSIX pax: a time is a decimal number of seconds, as GNU tar 1.34 writes and reads it. */
static void a_fraction_of_a_time_before_1970_is_kept(void **state)
{
	(void)state;
	mtime_is("14 mtime=-1.5\n", -2, 500000000);
	mtime_is("15 mtime=-0.25\n", -1, 750000000);
	mtime_is("20 path=a-long-name\n24 mtime=-10.0000000009\n", -10,
		 0); /* the tenth digit is dropped */
	mtime_is("23 mtime=-10.000000009\n", -11, 999999991);
	mtime_is("14 mtime=-2.0\n", -2, 0);
	mtime_is("14 mtime=-1.5\n14 mtime=-3.5\n", -4, 500000000);
}

static void other_times_are_unchanged(void **state)
{
	static const char *const records[] = {
		"13 mtime=1.5\n",  "12 mtime=-2\n",
		"14 ctime=-1.5\n", "",
		"9 mtime=\n",      "99 mtime=-1.5\n",
		"3 mtime=-1.5\n",  "0 mtime=-1.5\n",
		"mtime=-1.5\n",    "99999999999999999999 mtime=-1.5\n",
		"4 m\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++)
		mtime_is(records[i], 7, 8);
}

static void the_access_time_is_read_too(void **state)
{
	struct archive_entry *entry = archive_entry_new();

	(void)state;
	read_records("14 atime=-1.5\n", entry);
	assert_int_equal(archive_entry_atime(entry), -2);
	assert_int_equal(archive_entry_atime_nsec(entry), 500000000);
	assert_int_equal(archive_entry_mtime(entry), 7);
	archive_entry_free(entry);
}

static void truncated_and_other_headers_are_ignored(void **state)
{
	struct archive_entry *entry = archive_entry_new();
	char block[1024] = "";

	(void)state;
	archive_entry_set_mtime(entry, 7, 8);
	memcpy(block + 512, "14 mtime=-1.5\n", 14);
	snprintf(block + 124, 12, "%011o", 14);
	paxtime_read(block, sizeof(block), entry); /* of no type */
	block[156] = '0';
	paxtime_read(block, sizeof(block), entry); /* a file */
	block[156] = 'x';
	for (size_t n = 0; n < sizeof(block); n += 100)
		paxtime_read(block, n, entry);
	snprintf(block + 124, 13, "%012o", -1);
	paxtime_read(block, sizeof(block), entry);
	assert_int_equal(archive_entry_mtime(entry), 7);
	archive_entry_free(entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fraction_of_a_time_before_1970_is_kept),
		cmocka_unit_test(other_times_are_unchanged),
		cmocka_unit_test(the_access_time_is_read_too),
		cmocka_unit_test(truncated_and_other_headers_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
