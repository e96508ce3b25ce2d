#include "unit.h"

#include "base/own.h"
#include "image/wwwauth.h"

static struct err e;

/* The result of these headers (NULL-terminated): "KIND REALM SERVICE", or the error. */
static const char *read_all(const char *const *headers)
{
	static const char *const kinds[] = {"none", "basic", "bearer"};
	static char shown[600];
	own_wwwauth struct wwwauth c = {0};
	own_strv struct strv list = {0};

	while (*headers)
		strv_add(&list, *headers++);
	if (wwwauth_read(&list, &c, &e) < 0)
		return e.msg;
	snprintf(shown, sizeof(shown), "%s %s %s", kinds[c.kind], c.realm ? c.realm : "-",
		 c.service ? c.service : "-");
	return shown;
}

#define assert_challenge(expected, ...) \
	assert_string_equal(read_all((const char *const[]){__VA_ARGS__, NULL}), expected)

static void a_bearer_challenge_gives_realm_and_service(void **state)
{
	(void)state;
	assert_challenge("bearer https://a/t b",
			 "Bearer realm=\"https://a/t\",service=\"b\",scope=\"c\"");
	assert_challenge("bearer https://a/t -", "  bEaReR   ReAlM = \"https://a/t\"  ");
	assert_challenge("bearer a b", ",, Bearer realm=a ,\t, service=b,");
}

static void a_quoted_string_may_contain_commas_equals_signs_and_escapes(void **state)
{
	(void)state;
	assert_challenge("bearer a,service=\"x\"\\ y=z",
			 "Bearer realm=\"a,service=\\\"x\\\"\\\\\",service=\"y=z\"");
	assert_challenge("bearer a ", "Bearer realm=\"\\a\", service=\"\"");
}

static void bearer_precedes_basic_in_any_order(void **state)
{
	(void)state;
	assert_challenge("bearer b -", "Basic realm=\"a\"", "Bearer realm=\"b\"");
	assert_challenge("bearer b -", "Bearer realm=\"b\"", "Basic realm=\"a\"");
	assert_challenge(
		"bearer b c",
		"Negotiate, Basic realm=\"a\", charset=\"UTF-8\", Bearer realm=\"b\", service=c, Digest realm=d");
	assert_challenge("basic a -", "Digest realm=d, Basic realm=\"a\"");
	assert_challenge("basic - -", "Basic");
}

static void unsupported_challenges_are_ignored(void **state)
{
	(void)state;
	assert_challenge("none - -", "Negotiate");
	assert_challenge("none - -", "Negotiate YWJj+/==, NTLM abc");
	assert_challenge("none - -", "");
	assert_string_equal(read_all((const char *const[]){NULL}), "none - -");
}

static void a_challenge_that_breaks_the_grammar_is_refused(void **state)
{
	static const char *const wrong[] = {
		"Bearer realm=\"a",
		"Bearer realm=\"a\\",
		"Bearer realm=\"a\"service=\"b\"",
		"Bearer realm=\"a\001\"",
		"Bearer realm=\"a\\\nb\"",
		"Bearer realm=a, realm=b",
		"Bearer realm=a, =b",
		"realm=\"a\"",
		"Bearer realm=a b",
		"Bearer \"a\"",
		"Bearer realm=a, service=",
		"Bearer realm=a;service=b",
		"(",
		"Bearer\001realm=a",
	};
	own_str char *said = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		free(said);
		said = str_fmt("its WWW-Authenticate cannot be read: %s", wrong[i]);
		assert_challenge(said, wrong[i]);
	}
}

static void a_bearer_challenge_needs_a_realm(void **state)
{
	(void)state;
	assert_challenge("its WWW-Authenticate names no realm to get a token from",
			 "Bearer service=a");
	assert_challenge("its WWW-Authenticate names no realm to get a token from",
			 "Bearer realm=\"\"");
	assert_challenge("its WWW-Authenticate names no realm to get a token from", "Bearer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bearer_challenge_gives_realm_and_service),
		cmocka_unit_test(a_quoted_string_may_contain_commas_equals_signs_and_escapes),
		cmocka_unit_test(bearer_precedes_basic_in_any_order),
		cmocka_unit_test(unsupported_challenges_are_ignored),
		cmocka_unit_test(a_challenge_that_breaks_the_grammar_is_refused),
		cmocka_unit_test(a_bearer_challenge_needs_a_realm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
