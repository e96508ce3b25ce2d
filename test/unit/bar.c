#include "unit.h"

#include "base/bar.h"
#include "base/own.h"

#define MB 1000000ULL

static void check(const struct bar *b, size_t columns, const char *expected)
{
	own_str char *text = bar_text(b, columns);

	assert_string_equal(text, expected);
	assert_true(strlen(text) < columns);
}

static void a_bar_shows_the_part_done_the_amount_and_the_rate(void **state)
{
	struct bar b = {.what = "fetch", .done = 50 * MB, .total = 100 * MB, .rate = 5 * MB};

	(void)state;
	check(&b, 80,
	      "fetch  [===============>                ]   50 %  50.0 MB of 100.0 MB  5.0 MB/s");
	b.done = 0;
	check(&b, 61, "fetch  [                 ]    0 %  0 B of 100.0 MB  5.0 MB/s");
	b.done = 101 * MB;
	check(&b, 61, "fetch  [============]  100 %  101.0 MB of 100.0 MB  5.0 MB/s");
}

static void without_a_total_there_are_amount_and_rate(void **state)
{
	struct bar b = {.what = "unpack", .done = 64 * MB, .rate = 12 * MB};

	(void)state;
	check(&b, 80, "unpack  64.0 MB  12.0 MB/s");
	b.rate = 0;
	check(&b, 80, "unpack  64.0 MB");
}

static void a_line_is_narrower_than_any_terminal(void **state)
{
	struct bar b = {.what = "fetch", .done = 50 * MB, .total = 100 * MB, .rate = 5 * MB};

	(void)state;
	check(&b, 56, "fetch   50 %  50.0 MB of 100.0 MB  5.0 MB/s");
	check(&b, 30, "fetch   50 %");
	check(&b, 10, " 50 %");
	check(&b, 2, "");
	check(&b, 1, "");
}

static void the_rate_is_that_of_the_last_seconds(void **state)
{
	struct bar_rate r = {0};
	int64_t ms = 1000;
	uint64_t bytes = 0, rate = 0;

	(void)state;
	for (; ms <= 20000; ms += 100)
		rate = bar_rate(&r, ms, bytes += 10000);
	assert_in_range(rate, 99000, 101000);
	for (; ms <= 30000; ms += 100)
		rate = bar_rate(&r, ms, bytes += 100000);
	assert_in_range(rate, 990000, 1010000);
	/* another part of the task counts from 0 */
	assert_int_equal(bar_rate(&r, ms, 5), 0);
	assert_int_equal(bar_rate(&r, ms + 1000, 105), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bar_shows_the_part_done_the_amount_and_the_rate),
		cmocka_unit_test(without_a_total_there_are_amount_and_rate),
		cmocka_unit_test(a_line_is_narrower_than_any_terminal),
		cmocka_unit_test(the_rate_is_that_of_the_last_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
