#include "unit.h"

#include "build/glob.h"

/* Expected values: Go 1.22, path/filepath.Match: its documentation and the results of its own
 * tests. */
static void patterns_match_as_in_go(void **state)
{
	static const struct {
		const char *pattern, *name;
		int matches;
	} rows[] = {
		{"abc", "abc", 1},
		{"*", "abc", 1},
		{"*c", "abc", 1},
		{"a*", "a", 1},
		{"a*", "abc", 1},
		{"a*", "ab/c", 0},
		{"a*/b", "abc/b", 1},
		{"a*/b", "a/c/b", 0},
		{"a*b*c*d*e*/f", "axbxcxdxe/f", 1},
		{"a*b*c*d*e*/f", "axbxcxdxexxx/f", 1},
		{"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", 0},
		{"a*b*c*d*e*/f", "axbxcxdxexxx/fff", 0},
		{"a*b?c*x", "abxbbxdbxebxczzx", 1},
		{"a*b?c*x", "abxbbxdbxebxczzy", 0},
		{"ab[c]", "abc", 1},
		{"ab[b-d]", "abc", 1},
		{"ab[e-g]", "abc", 0},
		{"ab[^c]", "abc", 0},
		{"ab[^b-d]", "abc", 0},
		{"ab[^e-g]", "abc", 1},
		{"a\\*b", "a*b", 1},
		{"a\\*b", "ab", 0},
		{"a?b",
		 "a\xe2\x98\xba"
		 "b",
		 1},
		{"a[^a]b",
		 "a\xe2\x98\xba"
		 "b",
		 1},
		{"a???b",
		 "a\xe2\x98\xba"
		 "b",
		 0},
		{"a[^a][^a][^a]b",
		 "a\xe2\x98\xba"
		 "b",
		 0},
		{"[a-\xce\xb6]*", "\xce\xb1", 1},
		{"*[a-\xce\xb6]", "A", 0},
		{"a?b", "a/b", 0},
		{"a*b", "a/b", 0},
		{"[\\]a]", "]", 1},
		{"[\\-]", "-", 1},
		{"[x\\-]", "x", 1},
		{"[x\\-]", "z", 0},
		{"[\\-x]", "a", 0},
		{"[]a]", "]", -1},
		{"[-]", "-", -1},
		{"[x-]", "x", -1},
		{"[-x]", "x", -1},
		{"\\", "a", -1},
		{"[a-b-c]", "a", -1},
		{"[", "a", -1},
		{"[^", "a", -1},
		{"[^bc", "a", -1},
		{"a[", "a", -1},
		{"a[", "ab", -1},
		{"a[", "x", -1},
		{"*x", "xxx", 1},
		{"*", ".env", 1},
		{"?env", ".env", 1},
		{"", "", 1},
		{"", "a", 0},
		{"a", "", 0},
		{"*", "", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (glob_match(rows[i].pattern, rows[i].name) != rows[i].matches)
			fail_msg("%s, %s: not %d", rows[i].pattern, rows[i].name, rows[i].matches);
}

static void many_stars_take_polynomial_time(void **state)
{
	char pattern[2001] = "", name[3001] = "";

	(void)state;
	for (int i = 0; i < 2000; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[1999] = 'b';
	memset(name, 'a', 3000);
	assert_int_equal(glob_match(pattern, name), 0);
}

static void wildcards_are_distinguished_from_quoted_characters(void **state)
{
	char *plain = glob_plain("a\\*b\\\\c\\");

	(void)state;
	assert_true(glob_is("a*"));
	assert_true(glob_is("[a]"));
	assert_false(glob_is("a\\*b\\["));
	assert_string_equal(plain, "a*b\\c\\");
	free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_in_go),
		cmocka_unit_test(many_stars_take_polynomial_time),
		cmocka_unit_test(wildcards_are_distinguished_from_quoted_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
