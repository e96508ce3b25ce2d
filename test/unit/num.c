#include "unit.h"

#include <inttypes.h>

#include "base/num.h"

#define DAY 86400

static struct err e;

static uint64_t size_of(const char *s)
{
	uint64_t n = 1;

	if (num_size(s, &n, &e) < 0)
		fail_msg("%s", e.msg);
	return n;
}

static struct timespec time_of(const char *s)
{
	struct timespec t = {0};

	if (num_time(s, &t, &e) < 0)
		fail_msg("%s", e.msg);
	return t;
}

static void a_number_is_read_completely_and_within_bounds(void **state)
{
	uint64_t n = 0;

	(void)state;
	assert_int_equal(num_uint("18446744073709551615", 0, UINT64_MAX, &n, &e), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(num_uint("007", 0, 9, &n, &e), 0);
	assert_int_equal(n, 7);
	assert_refused(num_uint("18446744073709551616", 0, UINT64_MAX, &n, &e), &e,
		       "18446744073709551616: not a number");
	assert_refused(num_uint("1", 2, 262144, &n, &e), &e, "1: not between 2 and 262144");
	assert_refused(num_uint("", 0, 9, &n, &e), &e, ": not a number");
	assert_refused(num_uint("-1", 0, 9, &n, &e), &e, "-1: not a number");
	assert_refused(num_uint("+1", 0, 9, &n, &e), &e, "+1: not a number");
	assert_refused(num_uint(" 1", 0, 9, &n, &e), &e, " 1: not a number");
	assert_refused(num_uint("1 ", 0, 9, &n, &e), &e, "1 : not a number");
	assert_refused(num_uint("0x1", 0, 9, &n, &e), &e, "0x1: not a number");
}

static void sizes_have_units_of_1024(void **state)
{
	(void)state;
	assert_int_equal(size_of("0"), 0);
	assert_int_equal(size_of("512"), 512);
	assert_int_equal(size_of("512b"), 512);
	assert_int_equal(size_of("64k"), 65536);
	assert_int_equal(size_of("10MB"), 10 << 20);
	assert_int_equal(size_of("2GiB"), 2ULL << 30);
	assert_int_equal(size_of("1t"), 1ULL << 40);
	assert_int_equal(size_of("1.5g"), 3ULL << 29);
	assert_int_equal(size_of(".5k"), 512);
	assert_int_equal(size_of("0.1k"), 102);
}

static void an_invalid_size_is_refused_by_name(void **state)
{
	static const char *const bad[] = {
		"",     "12x",  "k",   ".",   "1.",  "1.5.5",     "1..5k",
		"-1",   "1 k",  "1kk", "1bb", "1e3", "16777216t", "99999999999999999999",
		"0x10", "\xff", "1k\n"};
	char want[100];
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(want, sizeof(want), "%s: not a size (a number, or one with k, m, g or t)",
			 bad[i]);
		assert_refused(num_size(bad[i], &n, &e), &e, want);
	}
}

static void a_fraction_is_counted_in_its_units(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(num_fixed("1.5", 1000, &n, &e), 0);
	assert_int_equal(n, 1500);
	assert_int_equal(num_fixed("0.0009999", 1000, &n, &e), 0);
	assert_int_equal(n, 0);
	assert_int_equal(num_fixed("2.000000000000000000000000001", 1000, &n, &e), 0);
	assert_int_equal(n, 2000);
	assert_refused(num_fixed("1.5x", 1000, &n, &e), &e, "1.5x: not a number");
	assert_refused(num_fixed("18446744073709551615", 1000, &n, &e), &e,
		       "18446744073709551615: not a number");
}

static void a_time_is_read_with_its_zone(void **state)
{
	(void)state;
	assert_int_equal(time_of("1970-01-02T00:00:00Z").tv_sec, DAY);
	assert_int_equal(time_of("2024-02-29T12:00:00Z").tv_sec, 1709208000);
	assert_int_equal(time_of("2024-02-29T12:00:00+02:00").tv_sec, 1709208000 - 7200);
	assert_int_equal(time_of("2024-02-29T12:00:00-05:30").tv_sec, 1709208000 + 19800);
	assert_int_equal(time_of("2024-02-29T12:00:00.5Z").tv_nsec, 500000000);
	assert_int_equal(time_of("2024-02-29T12:00:00.123456789123Z").tv_nsec, 123456789);
	/* date -Iminutes, -Ins, and what docker ps calls CreatedAt */
	assert_int_equal(time_of("2024-02-29T14:00+02:00").tv_sec, 1709208000);
	assert_int_equal(time_of("2024-02-29T14+02:00").tv_sec, 1709208000);
	assert_int_equal(time_of("2024-02-29T12:00:00,123456789+00:00").tv_nsec, 123456789);
	assert_int_equal(time_of("2024-02-29 14:00:00 +0200 CEST").tv_sec, 1709208000);
	assert_int_equal(time_of("2024-02-29 12:00:00 +0000 UTC").tv_sec, 1709208000);
	assert_int_equal(time_of("1709208000").tv_sec, 1709208000);
	assert_int_equal(time_of("1709208000.25").tv_nsec, 250000000);
}

static void a_time_without_a_zone_is_local(void **state)
{
	(void)state;
	setenv("TZ", "UTC-3", 1);
	tzset();
	assert_int_equal(time_of("1970-01-02").tv_sec, DAY - 3 * 3600);
	assert_int_equal(time_of("1970-01-02T12:00:00").tv_sec, DAY + 9 * 3600);
	assert_int_equal(time_of("1970-01-02T12:00:00Z").tv_sec, DAY + 12 * 3600);
	unsetenv("TZ");
	tzset();
}

static void a_duration_means_that_long_ago(void **state)
{
	struct timespec now, then = time_of("1h30m");
	int64_t ago;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &now);
	ago = (int64_t)(now.tv_sec - then.tv_sec) - 5400;
	assert_true(ago >= 0 && ago < 60);
	assert_true(then.tv_nsec >= 0 && then.tv_nsec < 1000000000);
}

static void an_invalid_time_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "yesterday",
					  "2024-02-30",
					  "2023-02-29T00:00:00Z",
					  "2024-13-01",
					  "2024-05-01T",
					  "2024-05-01T10:00:00X",
					  "2024-05-01T10:00:00+2",
					  "2024-05-01T10:00:00,",
					  "2024-05-01T10:00:00+0200 x",
					  "2024-05-01T10:00:00+-1:00",
					  "2024-05-01T10:00:00+99:00",
					  "2024-05-01T10:00:00+02:00x",
					  "5 m",
					  "-5m",
					  "99999999999999999999"};
	char want[160];
	struct timespec t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(
			want, sizeof(want),
			"%s: not a time (2024-05-01T10:00:00Z, seconds since 1970, or an age such as 5m)",
			bad[i]);
		assert_refused(num_time(bad[i], &t, &e), &e, want);
	}
}

static void a_time_is_written_with_nanoseconds(void **state)
{
	char out[NUM_TIME_LEN];

	(void)state;
	num_time_format(&(struct timespec){.tv_sec = 1709208000, .tv_nsec = 5}, out);
	assert_string_equal(out, "2024-02-29T12:00:00.000000005Z");
	assert_int_equal(time_of(out).tv_sec, 1709208000);
	assert_int_equal(time_of(out).tv_nsec, 5);
}

static void every_day_is_written_as_in_the_calendar(void **state)
{
	char out[NUM_TIME_LEN], want[80];
	struct tm tm;

	(void)state;
	/* From the year 1 to 9999, in steps that include each day of a leap year and the ends of
	 * centuries. */
	for (int64_t s = -62135596800; s <= 253402300799; s += 86400 * 13 + 3601) {
		gmtime_r(&(time_t){s}, &tm);
		snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02d.000000000Z",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			 tm.tm_sec);
		num_time_format(&(struct timespec){.tv_sec = s}, out);
		assert_string_equal(out, want);
	}
}

static void a_time_beyond_the_year_9999_is_written_safely(void **state)
{
	char out[NUM_TIME_LEN];

	(void)state;
	num_time_format(&(struct timespec){.tv_sec = INT64_MAX}, out);
	assert_true(strlen(out) < NUM_TIME_LEN);
	num_time_format(&(struct timespec){.tv_sec = INT64_MIN}, out);
	assert_true(strlen(out) < NUM_TIME_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_read_completely_and_within_bounds),
		cmocka_unit_test(sizes_have_units_of_1024),
		cmocka_unit_test(an_invalid_size_is_refused_by_name),
		cmocka_unit_test(a_fraction_is_counted_in_its_units),
		cmocka_unit_test(a_time_is_read_with_its_zone),
		cmocka_unit_test(a_time_without_a_zone_is_local),
		cmocka_unit_test(a_duration_means_that_long_ago),
		cmocka_unit_test(an_invalid_time_is_refused),
		cmocka_unit_test(a_time_is_written_with_nanoseconds),
		cmocka_unit_test(every_day_is_written_as_in_the_calendar),
		cmocka_unit_test(a_time_beyond_the_year_9999_is_written_safely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
