#include "unit.h"

#include "base/own.h"
#include "build/expand.h"

static const char *value(void *arg, const char *name)
{
	static const char *const vars[][2] = {
		{"A", "aval"},      {"EMPTY", ""},         {"V", "v1.2.3"},
		{"S", "two words"}, {"P", "foobarbarbaz"}, {"U", "\xc3\xa4\xc3\xb6\xc3\xa4"},
		{"D", "a/b/c"},     {"STARS", "\\*x*?y"},
	};

	(void)arg;
	for (size_t i = 0; i < sizeof(vars) / sizeof(*vars); i++)
		if (strcmp(name, vars[i][0]) == 0)
			return vars[i][1];
	return NULL;
}

static const struct expand plain = {.escape = '\\', .value = value};
static struct err e;

static void check(const char *text, const struct expand *x, const char *result)
{
	own_str char *got = expand_word(text, x, &e);

	if (!got)
		fail_msg("%s: %s", text, e.msg);
	assert_string_equal(got, result);
}

static void is(const char *text, const char *result)
{
	check(text, &plain, result);
}

static void refuse(const char *text, const char *sentence)
{
	memset(&e, 0, sizeof(e));
	assert_null(expand_word(text, &plain, &e));
	assert_string_equal(e.msg, sentence);
}

/* Dockerfile reference, "Environment replacement": the first table and its examples. */
static void names_are_replaced(void **state)
{
	(void)state;
	is("$A", "aval");
	is("${A}", "aval");
	is("x${A}y$A/z", "xavalyaval/z");
	is("$NONE", "");
	is("a${NONE}b", "ab");
	is("$A.b $S", "aval.b two words");
	is("\\$A \\${A}", "$A ${A}");
	is("$", "$");
	is("a$ b", "a$ b");
	is("$1$12$@", "");
	is("a\\", "a");
}

/* The same page: ":-", ":+", and "-", "+", "?" of POSIX (IEEE 1003.1, 2.6.2). */
static void default_and_alternative_words_are_used(void **state)
{
	(void)state;
	is("${A:-x}|${NONE:-x}|${EMPTY:-x}", "aval|x|x");
	is("${A-x}|${NONE-x}|${EMPTY-x}", "aval|x|");
	is("${A:+x}|${NONE:+x}|${EMPTY:+x}", "x||");
	is("${A+x}|${NONE+x}|${EMPTY+x}", "x||x");
	is("${A:?x}|${A?x}|${EMPTY?x}", "aval|aval|");
	refuse("${NONE:?no luck}", "NONE: no luck");
	refuse("${NONE?}", "NONE: is not allowed to be unset");
	refuse("${EMPTY:?}", "EMPTY: is not allowed to be empty");
}

static void words_may_contain_variables_and_quotes(void **state)
{
	(void)state;
	is("${NONE:-$A}", "aval");
	is("${NONE:-${A}}", "aval");
	is("${NONE:-a${A}z}", "aavalz");
	is("${NONE:-\"q\"}", "q");
	is("${NONE:-'}'}", "}");
	is("${NONE:-\\}}", "}");
	is("${A:+x$A}", "xaval");
	is("${NONE:-${NONE2:-${NONE3:-deep}}}", "deep");
	is("${NONE:-}", "");
	is("\"${NONE:-a b}\"", "a b");
}

/* The reference's examples: str=foobarbarbaz. */
static void prefixes_and_suffixes_are_cut(void **state)
{
	(void)state;
	is("${P#f*b}", "arbarbaz");
	is("${P##f*b}", "az");
	is("${P%b*}", "foobarbar");
	is("${P%%b*}", "foo");
	is("${V#v}|${V%.*}|${V##*.}|${V%%.*}", "1.2.3|v1.2|3|v1");
	is("${P#x}|${P%x}", "foobarbarbaz|foobarbarbaz");
	is("${P#*}|${P##*}|${P%*}|${P%%*}", "foobarbarbaz||foobarbarbaz|");
	is("${P#???}|${P%???}", "barbarbaz|foobarbar");
	is("${U#?}|${U%?}", "\xc3\xb6\xc3\xa4|\xc3\xa4\xc3\xb6");
	is("${STARS#\\\\\\*}|${STARS%\\?y}", "x*?y|\\*x*");
	is("${NONE#x}|${NONE%x}", "|");
	is("${P#$NONE}", "foobarbarbaz");
	is("${V#${NONE:-v}}", "1.2.3");
}

static void matches_are_replaced(void **state)
{
	(void)state;
	is("${P/ba?/fo}", "foofobarbaz");
	is("${P//ba?/fo}", "foofofofo");
	is("${D/\\//-}|${D//\\//-}", "a-b/c|a-b-c");
	is("${P/x/y}", "foobarbarbaz");
	is("${P//b*/-}", "foo-");
	is("${P/bar/}", "foobarbaz");
	is("${P//o/${A}}", "favalavalbarbarbaz");
	is("${NONE/x/y}", "");
	is("${P/bar/\\}}", "foo\\}barbaz");
}

/* Go's regexp.ReplaceAllString: an empty match right after another match does not count. */
static void empty_matches_are_replaced_once_a_place(void **state)
{
	(void)state;
	is("${D//*(/-}", "a/b/c");
	is("${EMPTY//*/-}", "-");
	is("${A//*/-}", "-");
}

static void quotes_are_removed(void **state)
{
	(void)state;
	is("'$A \\n \"x\"'", "$A \\n \"x\"");
	is("\"$A 'x' \\\" \\$A \\n \\\\\"", "aval 'x' \" $A \\n \\");
	is("a\"b\"'c'd", "abcd");
	is("\\\"a\\'", "\"a'");
	refuse("'a", "a single quote without its end");
	refuse("\"a", "a double quote without its end");
	refuse("\"a\\", "a double quote without its end");
}

static void invalid_substitutions_are_refused(void **state)
{
	(void)state;
	refuse("${", "${ without its \"}\"");
	refuse("${A", "${A without its \"}\"");
	refuse("${A:-x", "${ without its \"}\"");
	refuse("${}", "${}: not a name of a variable");
	refuse("${:-x}", "${:: not a name of a variable");
	refuse("${A:#x}", "${A:#: no such substitution");
	refuse("${A^}", "${A^: no such substitution");
	refuse("${A:x}", "${A:x: no such substitution");
	refuse("${A/x}", "${ without its \"/\"");
	refuse("${A#\\x}", "\\x: \"\\\" quotes only \"*\", \"?\", \"/\", \"}\" and \"\\\"");
}

static void another_escape_character_can_be_chosen(void **state)
{
	const struct expand x = {.escape = '`', .value = value};

	(void)state;
	check("`$A C:\\dir", &x, "$A C:\\dir");
	check("\"`\"$A\\\"", &x, "\"aval\\");
}

static void quotes_escapes_and_unset_variables_can_be_kept(void **state)
{
	const struct expand raw = {
		.escape = '\\', .keep_quotes = true, .keep_escapes = true, .keep_unset = true};
	const struct expand text = {.escape = '\\', .value = value, .quotes_are_text = true};

	(void)state;
	check("\"a\" '\\b' \\\"", &raw, "\"a\" '\\b' \\\"");
	check("$X ${X} ${X:-a} ${X/a/b}", &raw, "$X ${X} ${X:-a} ${X/a/b}");
	check("it's \"$A\" \\$A", &text, "it's \"aval\" $A");
}

static void words(const char *text, const char *result)
{
	own_strv struct strv list = {0};
	own_str char *got = NULL;

	if (expand_words(text, &plain, &list, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	got = strv_join(&list, "|");
	assert_string_equal(got, result);
}

static void blanks_outside_of_quotes_separate_words(void **state)
{
	(void)state;
	words("  a b\t$A  ", "a|b|aval");
	words("$S \"$S\" '$S'", "two|words|two words|$S");
	words("a\\ b", "a b");
	words("x${S}y", "xtwo|wordsy");
	words("\"\"", "");
	words("cat << EOF >x", "cat|<< EOF|>x");
}

static void depth_is_bounded(void **state)
{
	own_buf struct buf text = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_str(&text, "${X:-");
	refuse(text.data, "more than 200 nested substitutions");
}

static void many_stars_take_polynomial_time(void **state)
{
	own_buf struct buf text = {0};

	(void)state;
	buf_str(&text, "${P#");
	for (int i = 0; i < 5000; i++)
		buf_str(&text, "*a");
	buf_str(&text, "}");
	is(text.data, "foobarbarbaz");
}

/* No other value than A's, which is as long as `fill` says. */
static const char *long_value(void *arg, const char *name)
{
	return strcmp(name, "A") == 0 ? ((const struct buf *)arg)->data : NULL;
}

static void results_have_a_longest_length(void **state)
{
	static const char too_long[] = "expands to more than 128 KiB";
	own_buf struct buf fill = {0};
	const struct expand x = {.escape = '\\', .value = long_value, .arg = &fill};
	own_strv struct strv words = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_str(&fill, "a");
	free(expand_word("$A", &x, &e));
	assert_null(expand_word("$A$A", &x, &e));
	assert_string_equal(e.msg, too_long);
	assert_null(expand_word("${A//a/$A}", &x, &e));
	assert_string_equal(e.msg, too_long);
	assert_null(expand_word("${B:-\"$A $A\"}", &x, &e));
	assert_string_equal(e.msg, too_long);
	assert_int_equal(expand_words("$A $A", &x, &words, &e), -1);
	assert_string_equal(e.msg, too_long);
	/* What is in the text itself does not count. */
	buf_str(&fill, "$A");
	free(expand_word(fill.data, &x, &e));
}

static void long_values_take_no_time(void **state)
{
	own_buf struct buf fill = {0};
	const struct expand x = {.escape = '\\', .value = long_value, .arg = &fill};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_str(&fill, "a");
	check("${A%%a*b}", &x, fill.data);
	check("${A//a*b/x}", &x, fill.data);
	check("${A%a*}", &x, fill.data + 1);
	check("${A%%a*}", &x, "");
	check("${A//a*a/x}", &x, "x");
}

static void a_budget_is_used_up(void **state)
{
	size_t budget = 9;
	struct expand x = plain;

	(void)state;
	x.budget = &budget;
	check("$A", &x, "aval");
	check("$A", &x, "aval");
	assert_int_equal(budget, 1);
	assert_null(expand_word("xx", &x, &e));
	assert_string_equal(e.msg, "the file expands to more than 64 MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_replaced),
		cmocka_unit_test(default_and_alternative_words_are_used),
		cmocka_unit_test(words_may_contain_variables_and_quotes),
		cmocka_unit_test(prefixes_and_suffixes_are_cut),
		cmocka_unit_test(matches_are_replaced),
		cmocka_unit_test(empty_matches_are_replaced_once_a_place),
		cmocka_unit_test(quotes_are_removed),
		cmocka_unit_test(invalid_substitutions_are_refused),
		cmocka_unit_test(another_escape_character_can_be_chosen),
		cmocka_unit_test(quotes_escapes_and_unset_variables_can_be_kept),
		cmocka_unit_test(blanks_outside_of_quotes_separate_words),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(many_stars_take_polynomial_time),
		cmocka_unit_test(results_have_a_longest_length),
		cmocka_unit_test(long_values_take_no_time),
		cmocka_unit_test(a_budget_is_used_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
