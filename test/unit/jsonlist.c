#include "unit.h"

#include "base/jsonlist.h"

/* The items, each followed by "|". */
static char *items(const char *text, enum jsonlist kind)
{
	own_strv struct strv list = {0};
	struct buf out = {0};

	buf_str(&out, "");
	assert_int_equal(jsonlist_read(text, &list), kind);
	for (size_t i = 0; i < list.n; i++)
		buf_fmt(&out, "%s|", list.v[i]);
	return out.data;
}

static void check(const char *text, enum jsonlist kind, const char *values)
{
	char *got = items(text, kind);

	assert_string_equal(got, values);
	free(got);
}

/* RFC 8259, sections 2, 5 and 7. */
static void an_array_of_strings_gives_its_strings(void **state)
{
	(void)state;
	check("[\"a\", \"b c\",\"\"]", JSONLIST_STRINGS, "a|b c||");
	check(" [ \"a\" , \"b\" ] \t\r\n", JSONLIST_STRINGS, "a|b|");
	check("[]", JSONLIST_STRINGS, "");
	check("[\"\\u0041\\n\\\\ \\\"\\/\"]", JSONLIST_STRINGS, "A\n\\ \"/|");
	check("[\"\\ud83d\\ude00\"]", JSONLIST_STRINGS, "\xf0\x9f\x98\x80|");
}

static void an_array_of_other_values_is_distinguished_from_text(void **state)
{
	(void)state;
	check("[\"a\", 1]", JSONLIST_OTHER, "");
	check("[null]", JSONLIST_OTHER, "");
	check("[-0.5e+3, {\"k\": [true, false]}]", JSONLIST_OTHER, "");
	check("[[\"a\"]]", JSONLIST_OTHER, "");
	check("[\"a\", \"b\\u0000\"]", JSONLIST_OTHER, "");
}

static void text_that_is_not_an_array_gives_nothing(void **state)
{
	static const char *const texts[] = {
		"",          "echo",          "\"a\"",    "[",     "[\"a\"",
		"[\"a\"] x", "[ -f /x ]",     "[\"a\",]", "['a']", "[\"a\" \"b\"]",
		"[\"\\x\"]", "[\"\\ud83d\"]", "[\"\n\"]", "[01]",  "[1.]",
		"[tru]",     "{\"a\": 1}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check(texts[i], JSONLIST_NONE, "");
}

static void deep_nesting_is_refused(void **state)
{
	own_buf struct buf text = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_str(&text, "[");
	check(text.data, JSONLIST_NONE, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_array_of_strings_gives_its_strings),
		cmocka_unit_test(an_array_of_other_values_is_distinguished_from_text),
		cmocka_unit_test(text_that_is_not_an_array_gives_nothing),
		cmocka_unit_test(deep_nesting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
