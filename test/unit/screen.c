#include "unit.h"

#include "base/own.h"
#include "base/screen.h"

static void sizes_have_a_unit(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {{0, "0 B"},         {999, "999 B"},
		     {1000, "1.0 kB"},   {64200000, "64.2 MB"},
		     {999960, "1.0 MB"}, {UINT64_MAX, "18446.7 PB"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_str char *text = screen_size(cases[i].bytes);

		assert_string_equal(text, cases[i].text);
	}
}

static void ages_are_told_in_the_largest_fitting_unit(void **state)
{
	static const struct {
		long long age;
		const char *text;
	} cases[] = {{-5, "now"},
		     {1, "1 second ago"},
		     {60, "1 minute ago"},
		     {3 * 3600, "3 hours ago"},
		     {47 * 3600, "47 hours ago"},
		     {48 * 3600, "2 days ago"},
		     {30 * 86400, "4 weeks ago"},
		     {90 * 86400, "3 months ago"},
		     {800 * 86400LL, "2 years ago"}};
	struct timespec now = {.tv_sec = 2000000000};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct timespec then = {.tv_sec = now.tv_sec - cases[i].age};
		own_str char *text = screen_age(&then, &now);

		assert_string_equal(text, cases[i].text);
	}
}

static void a_long_text_is_clipped_by_characters(void **state)
{
	own_str char *same = screen_clip("caf\xc3\xa9s", 5),
		     *less = screen_clip("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 5);

	(void)state;
	assert_string_equal(same, "caf\xc3\xa9s");
	assert_string_equal(less, "\xc3\xa9\xc3\xa9...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_have_a_unit),
		cmocka_unit_test(ages_are_told_in_the_largest_fitting_unit),
		cmocka_unit_test(a_long_text_is_clipped_by_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
