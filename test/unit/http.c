#include "unit.h"

#include "image/http.h"

static void plain_http_is_allowed_for_loopback_only(void **state)
{
	static const char *const loopback[] = {"localhost",    "LocalHost:5000", "127.0.0.1",
					       "127.1.2.3:80", "[::1]",          "[::1]:5000"};
	static const char *const far[] = {"localhost.example",
					  "127.0.0.1.example:5000",
					  "128.0.0.1",
					  "10.0.0.1:5000",
					  "[::2]:1",
					  "[::ffff:7f00:1]",
					  "127.1",
					  "0x7f.0.0.1",
					  "2130706433",
					  "",
					  ":5000",
					  "docker.io"};

	(void)state;
	for (size_t i = 0; i < sizeof(loopback) / sizeof(*loopback); i++)
		if (!http_plain_allowed(loopback[i]))
			fail_msg("%s", loopback[i]);
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++)
		if (http_plain_allowed(far[i]))
			fail_msg("%s", far[i]);
}

static void invalid_urls_are_refused_before_anything_is_sent(void **state)
{
	static const struct {
		const char *url, *why;
	} wrong[] = {
		{"http://registry.example/",
		 "http://registry.example/: plain http is for loopback only (or --tls-verify=false)"},
		{"file:///etc/passwd", "file:///etc/passwd: only https is followed"},
		{"gopher://localhost/", "gopher://localhost/: only https is followed"},
		{"https://user@localhost:1/",
		 "https://user@localhost:1/: not a URL of a host alone"},
		{"https://:p@localhost:1/", "https://:p@localhost:1/: not a URL of a host alone"},
		{"https://local host/", "https://local host/: not a URL"},
		{"https://localhost/\r\nX: y", "https://localhost/\r\nX: y: not a URL"},
		{"https://localhost:99999/", "https://localhost:99999/: not a URL"},
		{"https://", "https://: not a URL"},
		{"", ": not a URL"},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct http_request q = {.url = wrong[i].url};
		own_reply struct http_reply r = {0};

		assert_refused(http_do(&q, &r, &e), &e, wrong[i].why);
		assert_int_equal(r.outcome, HTTP_REFUSED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_http_is_allowed_for_loopback_only),
		cmocka_unit_test(invalid_urls_are_refused_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
