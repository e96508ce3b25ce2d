#include "unit.h"

#include "base/own.h"
#include "build/pairs.h"

static void names_keep_their_order(void **state)
{
	own_pairs struct pairs p = {0};
	own_strv struct strv list = {0};
	own_str char *joined = NULL;

	(void)state;
	assert_null(pairs_get(&p, "a"));
	pairs_put(&p, "b", "1");
	pairs_put(&p, "a", "2");
	pairs_put(&p, "", "3");
	pairs_put(&p, "b", "4");
	pairs_put_text(&p, "c=x=y");
	pairs_put_text(&p, "d");
	assert_string_equal(pairs_get(&p, "b"), "4");
	assert_string_equal(pairs_get(&p, ""), "3");
	assert_null(pairs_get(&p, "e"));
	pairs_list(&p, &list);
	joined = strv_join(&list, "|");
	assert_string_equal(joined, "b=4|a=2|=3|c=x=y|d=");
}

static void many_names_are_found(void **state)
{
	own_pairs struct pairs p = {0};
	char name[16], value[16];

	(void)state;
	for (int i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(value, sizeof(value), "%d", i % 1000);
		pairs_put(&p, name, value);
	}
	assert_int_equal(p.names.n, 50000);
	for (int i = 0; i < 50000; i += 7) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(value, sizeof(value), "%d", i % 1000);
		assert_string_equal(pairs_get(&p, name), value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_keep_their_order),
		cmocka_unit_test(many_names_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
