#include "unit.h"

#include "base/own.h"
#include "build/scope.h"

/* What a command sees after the first n settings. */
static void sees(const struct scope *s, size_t n, const char *variables)
{
	own_strv struct strv list = {0};
	own_str char *joined = NULL;

	scope_list(s, n, &list);
	joined = strv_join(&list, "|");
	assert_string_equal(joined, variables);
}

/* Dockerfile reference, "ARG": an environment variable always overrides an argument. */
static void the_environment_overrides_arguments(void **state)
{
	own_scope struct scope s = {0};

	(void)state;
	scope_set_arg(&s, "V", "arg");
	assert_string_equal(scope_value(&s, "V"), "arg");
	scope_set_env(&s, "V", "env");
	scope_set_arg(&s, "V", "later");
	assert_string_equal(scope_value(&s, "V"), "env");
	assert_null(scope_value(&s, "W"));
	/* Every command has the default PATH. */
	assert_non_null(strstr(scope_value(&s, "PATH"), "/usr/bin"));
}

static void earlier_states_can_be_asked_for(void **state)
{
	own_scope struct scope s = {0}, copy = {0};

	(void)state;
	scope_set_arg(&s, "A", "1");
	scope_set_env(&s, "E", "x=y");
	scope_set_env(&s, "A", "2");
	scope_set_env(&s, "E", "");
	sees(&s, 0, "");
	sees(&s, 1, "A=1");
	sees(&s, 2, "E=x=y|A=1");
	sees(&s, 3, "E=x=y|A=2");
	sees(&s, 4, "E=|A=2");
	scope_copy(&copy, &s);
	scope_set_env(&s, "E", "changed");
	sees(&copy, copy.log.n, "E=|A=2");
	assert_int_equal(scope_size(&copy), strlen("aA=1eE=x=yeA=2eE="));
}

static void the_platform_is_set(void **state)
{
	own_scope struct scope s = {0}, arm = {0};

	(void)state;
	scope_add_platform(&s, "amd64");
	assert_string_equal(scope_value(&s, "TARGETPLATFORM"), "linux/amd64");
	assert_string_equal(scope_value(&s, "BUILDARCH"), "amd64");
	assert_string_equal(scope_value(&s, "TARGETVARIANT"), "");
	scope_add_platform(&arm, "arm");
	assert_string_equal(scope_value(&arm, "BUILDPLATFORM"), "linux/arm/v7");
	assert_string_equal(scope_value(&arm, "TARGETVARIANT"), "v7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_overrides_arguments),
		cmocka_unit_test(earlier_states_can_be_asked_for),
		cmocka_unit_test(the_platform_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
