#include "unit.h"

#include "image/secret.h"

static void what_was_said_is(const char *text, const char *shown)
{
	struct strv forms = {0};
	char said[200];

	secret_add(&forms, "user:pass word"); /* base64: dXNlcjpwYXNzIHdvcmQ= */
	secret_add(&forms, "pass word");
	secret_add(&forms, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln");
	secret_add(&forms, "abc");
	secret_add(&forms, NULL);
	snprintf(said, sizeof(said), "%s", text);
	secret_hide(&forms, said);
	assert_string_equal(said, shown);
	strv_free(&forms);
}

static void a_secret_is_hidden_in_each_form(void **state)
{
	(void)state;
	what_was_said_is("no user:pass word here", "no *** here");
	what_was_said_is("no Basic dXNlcjpwYXNzIHdvcmQ= here", "no Basic ***= here");
	what_was_said_is("a=user%3Apass%20word&b", "a=***&b");
	what_was_said_is("\"pass word\"", "\"***\"");
	what_was_said_is(
		"Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln; Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
		"Bearer ***; Bearer ***");
}

static void a_truncated_secret_is_hidden(void **state)
{
	(void)state;
	what_was_said_is("Bearer eyJhbGciOiJSUz", "Bearer ***");
	what_was_said_is("Bearer eyJhbGciOiJSUz...", "Bearer ***...");
	what_was_said_is("Bearer eyJ", "Bearer eyJ");
}

static void other_text_is_unchanged(void **state)
{
	(void)state;
	what_was_said_is("", "");
	what_was_said_is("unknown user: abc",
			 "unknown user: abc"); /* three letters occur in any text */
	what_was_said_is("the pass has no word", "the pass has no word");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_hidden_in_each_form),
		cmocka_unit_test(a_truncated_secret_is_hidden),
		cmocka_unit_test(other_text_is_unchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
