#include "unit.h"

#include "base/own.h"
#include "build/stepkey.h"

static void parts_of(const char *const *parts, struct strv *list)
{
	for (; *parts; parts++)
		strv_add(list, *parts);
}

/* The key of a step with a list and a set, each ended by NULL. */
static void key_of(const char *const *list, const char *const *set, char key[STEP_KEY])
{
	own_strv struct strv items = {0}, members = {0};
	struct stepkey k;

	parts_of(list, &items);
	parts_of(set, &members);
	stepkey_begin(&k, "parent", "RUN");
	stepkey_add_list(&k, &items);
	stepkey_add_set(&k, &members);
	stepkey_end(&k, key);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE      ((const char *const[]){NULL})

static void differ(const char *const *a, const char *const *b)
{
	char one[STEP_KEY], two[STEP_KEY];

	key_of(a, NONE, one);
	key_of(b, NONE, two);
	assert_string_not_equal(one, two);
}

static void each_part_counts(void **state)
{
	char one[STEP_KEY], two[STEP_KEY];

	(void)state;
	differ(LIST("ab"), LIST("a", "b"));
	differ(LIST("a", "b"), LIST("b", "a"));
	differ(LIST("a"), LIST("a", ""));
	differ(LIST("a\nb"), LIST("a", "b"));
	differ(NONE, LIST(""));
	/* A member of the list is none of the set. */
	key_of(LIST("a"), NONE, one);
	key_of(NONE, LIST("a"), two);
	assert_string_not_equal(one, two);
	key_of(NONE, LIST("a", "b", "c"), one);
	key_of(NONE, LIST("c", "a", "b"), two);
	assert_string_equal(one, two);
	assert_int_equal(strlen(one), STEP_KEY - 1);
}

static void parent_and_instruction_count(void **state)
{
	static const char *const begin[][2] = {
		{"p", "RUN"}, {"p", "ADD"}, {"q", "RUN"}, {"pR", "UN"}};
	char keys[4][STEP_KEY], without[STEP_KEY], empty[STEP_KEY];
	struct stepkey k;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		stepkey_begin(&k, begin[i][0], begin[i][1]);
		stepkey_end(&k, keys[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(keys[i], keys[j]);
	}
	stepkey_begin(&k, "p", "RUN");
	stepkey_add(&k, NULL);
	stepkey_end(&k, without);
	stepkey_begin(&k, "p", "RUN");
	stepkey_add(&k, "");
	stepkey_end(&k, empty);
	assert_string_not_equal(without, empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_counts),
		cmocka_unit_test(parent_and_instruction_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
