#include "unit.h"

#include "base/err.h"
#include "container/detachkeys.h"

static char out[200];
static size_t len;

static bool typed(struct detachkeys *k, const char *text)
{
	bool end = detachkeys_take(k, text, strlen(text), out, &len);

	out[len] = '\0';
	return end;
}

static void keys_are_read(void **state)
{
	struct detachkeys k;
	struct err e;

	(void)state;
	assert_int_equal(detachkeys_read("ctrl-p,ctrl-Q,x,ctrl-@", &k, &e), 0);
	assert_int_equal(k.n, 4);
	assert_memory_equal(k.key, "\x10\x11x", 4);
	assert_int_equal(detachkeys_read("", &k, &e), 0);
	assert_int_equal(k.n, 0);
	assert_int_equal(detachkeys_read("ctrl-p,", &k, &e), -1);
	assert_int_equal(detachkeys_read("ctrl-!", &k, &e), -1);
	assert_int_equal(detachkeys_read("shift-a", &k, &e), -1);
	assert_non_null(strstr(e.msg, "shift-a: not a key"));
	assert_int_equal(detachkeys_read("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", &k, &e), -1);
}

static void the_sequence_ends_the_input(void **state)
{
	struct detachkeys k;
	struct err e;

	(void)state;
	detachkeys_read(DETACHKEYS_DEFAULT, &k, &e);
	assert_false(typed(&k, "ls\r\x10"));
	assert_string_equal(out, "ls\r");
	assert_true(typed(&k, "\x11ignored"));
	assert_string_equal(out, "");
}

static void bytes_that_only_begin_the_sequence_are_input(void **state)
{
	struct detachkeys k;
	struct err e;

	(void)state;
	detachkeys_read("a,a,b", &k, &e);
	assert_false(typed(&k, "a"));
	assert_string_equal(out, "");
	assert_false(typed(&k, "ca"));
	assert_string_equal(out, "ac");
	assert_true(typed(&k, "aab"));
	assert_string_equal(out, "a");
	detachkeys_read("", &k, &e);
	assert_false(typed(&k, "\x10\x11"));
	assert_string_equal(out, "\x10\x11");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read),
		cmocka_unit_test(the_sequence_ends_the_input),
		cmocka_unit_test(bytes_that_only_begin_the_sequence_are_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
