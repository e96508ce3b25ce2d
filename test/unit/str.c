#include "unit.h"

#include "base/own.h"
#include "base/str.h"

static void is_shown_as(const char *raw, const char *shown)
{
	own_str char *s = str_printable(raw);

	assert_string_equal(s, shown);
}

static void plain_text_and_utf8_are_unchanged(void **state)
{
	(void)state;
	is_shown_as("", "");
	is_shown_as("a b~\\", "a b~\\");
	is_shown_as("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb3",
		    "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb3");
}

static void control_characters_are_escaped(void **state)
{
	(void)state;
	is_shown_as("a\nb\tc\r", "a\\nb\\tc\\x0d");
	is_shown_as("\x1b[2J\x7f", "\\x1b[2J\\x7f");
	is_shown_as("\xc2\x9b"
		    "2J",
		    "\\xc2\\x9b2J");                    /* C1: CSI */
	is_shown_as("\xe2\x80\xa8", "\\xe2\\x80\\xa8"); /* line separator */
	is_shown_as("\xe2\x80\xae"
		    "gpj",
		    "\\xe2\\x80\\xaegpj"); /* right-to-left override */
}

static void invalid_utf8_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	is_shown_as("\xff", "\\xff");
	is_shown_as("\x80", "\\x80");
	is_shown_as("\xc3", "\\xc3"); /* truncated */
	is_shown_as("\xe2\x82", "\\xe2\\x82");
	is_shown_as("\xc0\xaf", "\\xc0\\xaf"); /* overlong */
	is_shown_as("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	is_shown_as("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
	is_shown_as("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
}

static void the_code_point_of_a_sequence_is_read(void **state)
{
	uint32_t c = 0;

	(void)state;
	assert_int_equal(str_utf8("a", &c), 1);
	assert_int_equal(c, 'a');
	assert_int_equal(str_utf8("\xe2\x80\xaex", &c), 3);
	assert_int_equal(c, 0x202e);
	assert_int_equal(str_utf8("\xf0\x9f\x90\xb3", &c), 4);
	assert_int_equal(c, 0x1f433);
	assert_int_equal(str_utf8("\xe2\x80", &c), 0);
	assert_int_equal(str_utf8("\xa0", &c), 0);
}

static void characters_are_read_one_by_one_and_invalid_ones_byte_by_byte(void **state)
{
	const char *s = "\xe2\x82\xac\xe2"
			"a";

	(void)state;
	assert_int_equal(str_char(s), 3);
	assert_int_equal(str_next(&s), 0x20ac);
	assert_int_equal(str_char(s), 1);
	assert_int_equal(str_next(&s), 0xe2);
	assert_string_equal(s, "a");
}

static void null_equals_only_null(void **state)
{
	(void)state;
	assert_true(str_equal(NULL, NULL));
	assert_false(str_equal(NULL, ""));
	assert_false(str_equal("", NULL));
	assert_true(str_equal("a", "a"));
	assert_null(str_dup(NULL));
	assert_true(str_starts("ps_42002", "ps_"));
	assert_false(str_starts("ps", "ps_"));
}

static void a_boolean_has_the_spellings_of_go(void **state)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"},
				 *const no[] = {"0", "f", "F", "false", "FALSE", "False"},
				 *const none[] = {"", "yes", "tRUE", "true ", "2"};
	bool is;

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		is = false;
		assert_true(str_bool(yes[i], &is) && is);
		assert_true(str_bool(no[i], &is) && !is);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_false(str_bool(none[i], &is));
}

static void a_list_is_an_argument_vector(void **state)
{
	own_strv struct strv l = {0};

	(void)state;
	strv_add(&l, "echo");
	strv_take(&l, str_fmt("%d", 42));
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[1], "42");
	assert_null(l.v[2]);
	assert_true(strv_has(&l, "echo"));
	assert_false(strv_has(&l, "ech"));
	strv_free(&l);
	assert_int_equal(l.n, 0);
	assert_false(strv_has(&l, "echo"));
}

static void splitting_keeps_empty_parts(void **state)
{
	own_strv struct strv l = {0};

	(void)state;
	strv_split(&l, "a,,b,", ',');
	assert_int_equal(l.n, 4);
	assert_string_equal(l.v[0], "a");
	assert_string_equal(l.v[1], "");
	assert_string_equal(l.v[2], "b");
	assert_string_equal(l.v[3], "");
	strv_free(&l);
	strv_split(&l, "", ',');
	assert_int_equal(l.n, 1);
}

static void a_list_is_sorted_from_an_index_on(void **state)
{
	own_strv struct strv l = {0};

	(void)state;
	strv_sort(&l, 0);
	strv_split(&l, "z,b,a\xff,a", ',');
	strv_sort(&l, 1);
	assert_string_equal(l.v[0], "z");
	assert_string_equal(l.v[1], "a");
	assert_string_equal(l.v[2], "a\xff");
	assert_string_equal(l.v[3], "b");
	strv_sort(&l, 4);
	strv_sort(&l, 0);
	assert_string_equal(l.v[3], "z");
}

static void a_buffer_holds_any_bytes_and_ends_in_a_zero(void **state)
{
	own_buf struct buf b = {0};

	(void)state;
	buf_add(&b, NULL, 0);
	assert_non_null(b.data);
	assert_string_equal(b.data, "");
	buf_add(&b, "a\0b", 3);
	for (int i = 0; i < 1000; i++)
		buf_fmt(&b, "%03d", i);
	buf_str(&b, "end");
	assert_int_equal(b.len, 3 + 3000 + 3);
	assert_memory_equal(b.data, "a\0b000001", 9);
	assert_string_equal(b.data + 3 + 2997, "999end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_and_utf8_are_unchanged),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(invalid_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(the_code_point_of_a_sequence_is_read),
		cmocka_unit_test(characters_are_read_one_by_one_and_invalid_ones_byte_by_byte),
		cmocka_unit_test(null_equals_only_null),
		cmocka_unit_test(a_boolean_has_the_spellings_of_go),
		cmocka_unit_test(a_list_is_an_argument_vector),
		cmocka_unit_test(splitting_keeps_empty_parts),
		cmocka_unit_test(a_list_is_sorted_from_an_index_on),
		cmocka_unit_test(a_buffer_holds_any_bytes_and_ends_in_a_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
