#include "unit.h"

#include "base/own.h"
#include "image/url.h"

static struct err e;

static void assert_leads(const char *text, const char *scheme, const char *host)
{
	own_url struct url u = {0};

	assert_int_equal(url_read(text, &u, &e), 0);
	assert_string_equal(u.scheme, scheme);
	assert_string_equal(u.host, host);
}

static void a_url_has_a_scheme_host_and_port(void **state)
{
	(void)state;
	assert_leads("https://a.example/x?y#z", "https", "a.example");
	assert_leads("HTTPS://a.example:443", "https", "a.example");
	assert_leads("http://a.example:443/", "http", "a.example:443");
	assert_leads("https://[::1]:5000/", "https", "[::1]:5000");
}

static bool same(const char *a, const char *b)
{
	own_url struct url u = {0}, v = {0};

	assert_int_equal(url_read(a, &u, &e), 0);
	assert_int_equal(url_read(b, &v, &e), 0);
	return url_same(&u, &v);
}

static void urls_are_compared_by_scheme_host_and_port(void **state)
{
	(void)state;
	assert_true(same("https://a.example/x", "https://A.example:443/y"));
	assert_false(same("https://a.example/", "http://a.example/"));
	assert_false(same("https://a.example/", "https://a.example:444/"));
	assert_false(same("https://a.example/", "https://b.a.example/"));
	assert_false(same("https://a.example/", "https://a.example./"));
}

static void a_string_is_escaped_for_a_query(void **state)
{
	own_str char *escaped = url_escape("repository:a/b:pull&x=\"y\" \n");
	own_str char *empty = url_escape("");

	(void)state;
	assert_string_equal(escaped, "repository%3Aa%2Fb%3Apull%26x%3D%22y%22%20%0A");
	assert_string_equal(empty, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_has_a_scheme_host_and_port),
		cmocka_unit_test(urls_are_compared_by_scheme_host_and_port),
		cmocka_unit_test(a_string_is_escaped_for_a_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
