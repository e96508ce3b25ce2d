#include "unit.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "image/auth.h"

static struct err e;

/* Sets HOME to the scratch directory and clears the other variables. */
static void alone(const struct scratch *s)
{
	static const char *const variables[] = {"REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR",
						"XDG_CONFIG_HOME", "DOCKER_CONFIG"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
	setenv("HOME", s->path, 1);
}

static void set_dir(const struct scratch *s, const char *variable, const char *dir)
{
	own_str char *path = str_fmt("%s/%s", s->path, dir);

	setenv(variable, path, 1);
}

static void put(const struct scratch *s, const char *name, const char *text)
{
	own_str char *path = str_dup(name);

	for (char *p = path; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdirat(s->dir, path, 0700);
	}
	assert_int_equal(file_write(s->dir, name, 0600, text, strlen(text), &e), 0);
}

/* "CREDS IDENTITY HELPER", or the error. */
static const char *found(const char *host, const char *repository)
{
	static char shown[600];
	own_auth struct auth a = {0};

	if (auth_find(host, repository, &a, &e) < 0)
		return e.msg;
	snprintf(shown, sizeof(shown), "%s %s %s", a.creds ? a.creds : "-",
		 a.identity ? a.identity : "-", a.helper ? a.helper : "-");
	return shown;
}

static void without_auth_files_there_are_no_credentials(void **state)
{
	alone(*state);
	assert_string_equal(found("a.example", "b"), "- - -");
	unsetenv("HOME");
	assert_string_equal(found("a.example", "b"), "- - -");
}

static void the_first_file_with_an_entry_counts(void **state)
{
	struct scratch *s = *state;

	alone(s);
	put(s, ".docker/config.json",
	    "{\"auths\":{\"a.example\":{\"auth\":\"dTox\"},\"b.example\":{\"auth\":\"dToy\"}}}");
	put(s, ".config/containers/auth.json", "{\"auths\":{\"a.example\":{\"auth\":\"dToz\"}}}");
	assert_string_equal(found("a.example", "x"), "u:3 - -");
	assert_string_equal(found("b.example", "x"), "u:2 - -");
	put(s, "run/containers/auth.json", "{\"auths\":{\"a.example\":{\"auth\":\"dTo0\"}}}");
	set_dir(s, "XDG_RUNTIME_DIR", "run");
	assert_string_equal(found("a.example", "x"), "u:4 - -");
	set_dir(s, "DOCKER_CONFIG", "none");
	assert_string_equal(found("b.example", "x"), "- - -");
	set_dir(s, "REGISTRY_AUTH_FILE", ".docker/config.json");
	assert_string_equal(found("a.example", "x"), "u:1 - -");
}

static void the_most_specific_key_counts(void **state)
{
	struct scratch *s = *state;

	alone(s);
	put(s, ".docker/config.json",
	    "{\"auths\":{\"q.example\":{\"auth\":\"cToxAAA=\"},\"q.example/ns\":{\"auth\":\"cToy\"},\"q.example/ns/x\":{\"auth\":\"cToz\"},"
	    "\"https://u.example/v2/\":{\"auth\":\"dTox\"},\"u.example:5\":{\"auth\":\"dToy\"},"
	    "\"https://index.docker.io/v1/\":{\"auth\":\"aHViOmE6Yg==\"}}}");
	assert_string_equal(found("q.example", "ns/x"), "q:3 - -");
	assert_string_equal(found("q.example", "ns/x/y"), "q:3 - -");
	assert_string_equal(found("q.example", "ns/xy"), "q:2 - -");
	assert_string_equal(found("q.example", "nsx"), "q:1 - -");
	assert_string_equal(found("u.example", "a"), "u:1 - -");
	assert_string_equal(found("u.example:5", "a"), "u:2 - -");
	assert_string_equal(found("u.example:6", "a"), "- - -");
	assert_string_equal(found("docker.io", "library/alpine"), "hub:a:b - -");
	assert_string_equal(found("x.example", "q.example/ns"), "- - -");
}

static void an_identity_token_precedes_a_password_and_a_helper_is_named(void **state)
{
	struct scratch *s = *state;

	alone(s);
	put(s, ".docker/config.json",
	    "{\"auths\":{\"i.example\":{\"auth\":\"PGk+Og==\",\"identitytoken\":\"secret\"},\"e.example\":{}},"
	    "\"credHelpers\":{\"h.example\":\"own\"},\"credsStore\":\"desktop\"}");
	assert_string_equal(found("i.example", "a"), "- secret desktop");
	assert_string_equal(found("e.example", "a"), "- - desktop");
	assert_string_equal(found("h.example", "a"), "- - own");
}

static void an_invalid_file_is_refused_without_showing_its_content(void **state)
{
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{"[\"secret\"]", "it: is array, not object"},
		{"{\"auths\":\"secret\"}", "auths: is string, not object"},
		{"{\"auths\":{\"a.example\":\"secret\"}}",
		 "auths[a.example]: is string, not object"},
		{"{\"auths\":{\"a.example\":{\"auth\":[\"secret\"]}}}",
		 "auth: is array, not string"},
		{"{\"auths\":{\"a.example\":{\"auth\":\"c2VjcmV0\"}}}",
		 "the auth of a.example is not USER:PASSWORD in base64"},
		{"{\"auths\":{\"a.example\":{\"auth\":\"!secret\"}}}",
		 "the auth of a.example is not USER:PASSWORD in base64"},
		{"{\"auths\":{\"a.example\":{\"auth\":\"OnNlY3JldA==\"}}}",
		 "the auth of a.example is not USER:PASSWORD in base64"},
		{"{\"auths\":{},\"auths\":{}}", "an object has the same key twice"},
	};
	struct scratch *s = *state;

	alone(s);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		own_str char *said = str_fmt("%s/.docker/config.json: %s", s->path, wrong[i].why);

		put(s, ".docker/config.json", wrong[i].text);
		assert_string_equal(found("a.example", "b"), said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(without_auth_files_there_are_no_credentials),
		unit_test_scratch(the_first_file_with_an_entry_counts),
		unit_test_scratch(the_most_specific_key_counts),
		unit_test_scratch(an_identity_token_precedes_a_password_and_a_helper_is_named),
		unit_test_scratch(an_invalid_file_is_refused_without_showing_its_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
