#include "unit.h"

#include <errno.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/record.h"

static struct err e;

static void a_record_is_read_back_as_it_was_written(void **state)
{
	struct scratch *s = *state;
	own_record struct record out = {0}, in = {0};
	own_strv struct strv args = {0}, got = {0};

	strv_add(&args, "sh");
	strv_add(&args, "");
	strv_add(&args, "two\nlines \\n = \\");
	record_add(&out, "image", "img_42002");
	record_add_uint(&out, "memory", UINT64_MAX);
	record_add_list(&out, "arg", &args);
	record_add(&out, "none", NULL);
	assert_int_equal(record_write(s->dir, "config", &out, &e), 0);
	assert_int_equal(record_read(s->dir, "config", &in, &e), 0);
	assert_string_equal(record_get(&in, "image"), "img_42002");
	assert_true(record_get_uint(&in, "memory") == UINT64_MAX);
	record_get_list(&in, "arg", &got);
	assert_int_equal(got.n, 3);
	assert_string_equal(got.v[0], "sh");
	assert_string_equal(got.v[1], "");
	assert_string_equal(got.v[2], "two\nlines \\n = \\");
	assert_null(record_get(&in, "none"));
}

static void a_missing_key_is_null_or_zero(void **state)
{
	own_record struct record r = {0};
	own_strv struct strv none = {0};

	(void)state;
	assert_null(record_get(&r, "pid"));
	assert_int_equal(record_get_uint(&r, "pid"), 0);
	record_get_list(&r, "pid", &none);
	assert_int_equal(none.n, 0);
	record_add(&r, "pid", "12x");
	record_add(&r, "other", "-1");
	assert_int_equal(record_get_uint(&r, "pid"), 0);
	assert_int_equal(record_get_uint(&r, "other"), 0);
}

static void every_line_of_a_key_is_dropped(void **state)
{
	own_record struct record r = {0};

	(void)state;
	record_add(&r, "env", "A=1");
	record_add(&r, "image", "img_42002");
	record_add(&r, "env", "B=2");
	record_drop(&r, "env");
	assert_null(record_get(&r, "env"));
	assert_string_equal(record_get(&r, "image"), "img_42002");
	record_drop(&r, "image");
	assert_int_equal(r.keys.n, 0);
}

static void is_damaged(const struct scratch *s, const char *text, size_t n, const char *sentence)
{
	own_record struct record r = {0};

	file_write(s->dir, "config", 0600, text, n, &e);
	assert_refused(record_read(s->dir, "config", &r, &e), &e, sentence);
}

static void a_damaged_record_is_refused(void **state)
{
	struct scratch *s = *state;

	is_damaged(s, "a=1\nb=", 6, "config: damaged (cut short)");
	is_damaged(s, "a=1\nb\n", 6, "config: damaged (b)");
	is_damaged(s, "a=\0\n", 4, "config: damaged (a NUL byte)");
}

static void an_empty_record_is_a_record(void **state)
{
	struct scratch *s = *state;
	own_record struct record out = {0}, in = {0};

	assert_int_equal(record_write(s->dir, "config", &out, &e), 0);
	assert_int_equal(record_read(s->dir, "config", &in, &e), 0);
	assert_int_equal(in.keys.n, 0);
}

static void a_missing_record_is_enoent(void **state)
{
	struct scratch *s = *state;
	own_record struct record r = {0};

	assert_refused(record_read(s->dir, "config", &r, &e), &e,
		       "config: No such file or directory");
	assert_int_equal(e.sys, ENOENT);
}

static void what_cannot_be_read_back_is_not_written(void **state)
{
	struct scratch *s = *state;
	own_record struct record r = {0}, in = {0};
	own_str char *long_value = mem_alloc((4 << 20) + 1);

	memset(long_value, 'x', 4 << 20);
	record_add(&r, "key", "1");
	assert_int_equal(record_write(s->dir, "config", &r, &e), 0);
	record_add(&r, "long", long_value);
	assert_refused(record_write(s->dir, "config", &r, &e), &e, "config: more than 4 MiB");
	assert_int_equal(record_read(s->dir, "config", &in, &e), 0);
	assert_string_equal(record_get(&in, "key"), "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_record_is_read_back_as_it_was_written),
		cmocka_unit_test(a_missing_key_is_null_or_zero),
		cmocka_unit_test(every_line_of_a_key_is_dropped),
		unit_test_scratch(a_damaged_record_is_refused),
		unit_test_scratch(an_empty_record_is_a_record),
		unit_test_scratch(a_missing_record_is_enoent),
		unit_test_scratch(what_cannot_be_read_back_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
