#include "unit.h"

#include "base/own.h"
#include "base/str.h"
#include "store/ref.h"

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX

static struct err e;

static void a_reference_is_read_as_docker_and_podman_do(void **state)
{
	static const struct {
		const char *text, *host, *repository, *tag, *digest, *name;
	} cases[] = {
		{"alpine", "docker.io", "library/alpine", "latest", NULL, "alpine:latest"},
		{"alpine:3.19", "docker.io", "library/alpine", "3.19", NULL, "alpine:3.19"},
		{"library/alpine", "docker.io", "library/alpine", "latest", NULL, "alpine:latest"},
		{"docker.io/alpine", "docker.io", "library/alpine", "latest", NULL,
		 "alpine:latest"},
		{"docker.io/library/alpine:1", "docker.io", "library/alpine", "1", NULL,
		 "alpine:1"},
		{"index.docker.io/library/alpine", "docker.io", "library/alpine", "latest", NULL,
		 "alpine:latest"},
		{"registry-1.docker.io/fedora/nginx:1", "docker.io", "fedora/nginx", "1", NULL,
		 "fedora/nginx:1"},
		{"library/a/b", "docker.io", "library/a/b", "latest", NULL, "library/a/b:latest"},
		{"docker.io/a.b/c", "docker.io", "a.b/c", "latest", NULL, "docker.io/a.b/c:latest"},
		{"docker.io/localhost/c", "docker.io", "localhost/c", "latest", NULL,
		 "docker.io/localhost/c:latest"},
		{"localhost/a", "localhost", "a", "latest", NULL, "localhost/a:latest"},
		{"localhost:5000/a/b/c:V_1.x-", "localhost:5000", "a/b/c", "V_1.x-", NULL,
		 "localhost:5000/a/b/c:V_1.x-"},
		{"localhost:5000", "docker.io", "library/localhost", "5000", NULL,
		 "localhost:5000"},
		{"host:65535/library/a", "host:65535", "library/a", "latest", NULL,
		 "host:65535/library/a:latest"},
		{"Reg.Example.ORG/a__b/c---d", "Reg.Example.ORG", "a__b/c---d", "latest", NULL,
		 "Reg.Example.ORG/a__b/c---d:latest"},
		{"127.0.0.1:80/a", "127.0.0.1:80", "a", "latest", NULL, "127.0.0.1:80/a:latest"},
		{"[::1]:5000/a", "[::1]:5000", "a", "latest", NULL, "[::1]:5000/a:latest"},
		{"[fe80::1]/a:b", "[fe80::1]", "a", "b", NULL, "[fe80::1]/a:b"},
		{"a.b:c", "docker.io", "library/a.b", "c", NULL, "a.b:c"},
		{"alpine@" DIGEST, "docker.io", "library/alpine", NULL, DIGEST, "alpine@" DIGEST},
		{"h:1/a:3@" DIGEST, "h:1", "a", "3", DIGEST, "h:1/a@" DIGEST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_ref struct ref r = {0}, again = {0};
		own_str char *name = NULL, *same = NULL;

		if (ref_parse(cases[i].text, &r, &e) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(r.host, cases[i].host);
		assert_string_equal(r.repository, cases[i].repository);
		assert_true(str_equal(r.tag, cases[i].tag));
		assert_true(str_equal(r.digest, cases[i].digest));
		name = ref_name(&r);
		assert_string_equal(name, cases[i].name);
		assert_int_equal(ref_parse(name, &again, &e), 0);
		same = ref_name(&again);
		assert_string_equal(same, name);
		assert_string_equal(again.host, r.host);
		assert_string_equal(again.repository, r.repository);
	}
}

static void invalid_references_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "it is empty"},
		{":a", "it is empty"},
		{"@" DIGEST, "it is empty"},
		{"/", "an empty component"},
		{"a/", "an empty component"},
		{"/a", "an empty component"},
		{"a//b", "an empty component"},
		{"h:1//a", "an empty component"},
		{"localhost/", "an empty component"},
		{"Alpine", "upper case in the path"},
		{"FOO/bar", "upper case in the path"},
		{"h:1/A", "upper case in the path"},
		{"..", "does not begin and end"},
		{"a/..", "does not begin and end"},
		{"a/../b", "does not begin and end"},
		{"-a", "does not begin and end"},
		{"a-", "does not begin and end"},
		{"a/.b", "does not begin and end"},
		{"../a", "a bad host"},
		{"./a", "a bad host"},
		{"a..b/c", "a bad host"},
		{"-a.b/c", "a bad host"},
		{"a_b.c/d", "a bad host"},
		{":1/a", "a bad host"},
		{"a./b", "a bad host"},
		{"a..b", "in a row"},
		{"a.-b", "in a row"},
		{"a___b", "in a row"},
		{"a_.b", "in a row"},
		{"a b", "no place"},
		{"a\nb", "no place"},
		{"a\033[31m", "no place"},
		{"a%2Fb", "no place"},
		{"\xc3\xa4", "no place"},
		{"h:1/a:b/c", "no place"},
		{"http://h/a", "a URL"},
		{"docker://a", "a URL"},
		{"a?b", "no place"},
		{"h:port/a", "a bad port"},
		{"h:0/a", "a bad port"},
		{"h:65536/a", "a bad port"},
		{"h:/a", "a bad port"},
		{"h:123456/a", "a bad port"},
		{"h:+1/a", "a bad port"},
		{"[::1]:x/a", "a bad port"},
		{"h:1:2/a", "a bad port"},
		{"[::1/a", "a bad IPv6 address"},
		{"[::g]/a", "a bad IPv6 address"},
		{"[::1]x/a", "a bad IPv6 address"},
		{"[]/a", "a bad IPv6 address"},
		{"[fe80::1%eth0]/a", "a bad IPv6 address"},
		{"a:", "an empty tag"},
		{"a:b:c", "a bad tag"},
		{"a:-x", "a bad tag"},
		{"a:.x", "a bad tag"},
		{"a:x y", "a bad tag"},
		{"a:x\n", "a bad tag"},
		{"a:\xc3\xa4", "a bad tag"},
		{"a@", "a bad digest"},
		{"a@b", "a bad digest"},
		{"a@sha256:../", "a bad digest"},
		{"a@sha256:../../../../../../etc/passwd", "a bad digest"},
		{"a@sha512:" HEX HEX, "a bad digest"},
		{"a@" DIGEST "0", "a bad digest"},
		{"a@" DIGEST "\n", "a bad digest"},
		{"a@" DIGEST "@" DIGEST, "a bad digest"},
		{"a@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		 "a bad digest"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_str char *says = str_fmt("%s: not a name for an image: ", cases[i].text);
		struct ref r;

		if (ref_parse(cases[i].text, &r, &e) == 0)
			fail_msg("%s", cases[i].text);
		assert_memory_equal(e.msg, says, strlen(says));
		if (!strstr(e.msg + strlen(says), cases[i].why))
			fail_msg("%s", e.msg);
		assert_null(r.host);
	}
}

static void names_and_tags_have_maximum_lengths(void **state)
{
	char text[400] = "a:";
	struct ref r;

	(void)state;
	memset(text + 2, 'x', 128);
	assert_int_equal(ref_parse(text, &r, &e), 0);
	ref_free(&r);
	text[130] = 'x';
	assert_int_equal(ref_parse(text, &r, &e), -1);
	assert_non_null(strstr(e.msg, "more than 128"));
	memset(text, 'a', 256);
	text[255] = '\0';
	assert_int_equal(ref_parse(text, &r, &e), 0);
	ref_free(&r);
	text[255] = 'a';
	assert_int_equal(ref_parse(text, &r, &e), -1);
	assert_non_null(strstr(e.msg, "more than 255"));
}

static void a_digest_of_a_name_is_replaced(void **state)
{
	own_ref struct ref r = {0};
	own_str char *name = NULL;

	(void)state;
	assert_int_equal(ref_parse("library/alpine:3", &r, &e), 0);
	name = ref_name_digest(&r, DIGEST);
	assert_string_equal(name, "alpine@" DIGEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_is_read_as_docker_and_podman_do),
		cmocka_unit_test(invalid_references_are_refused_with_the_reason),
		cmocka_unit_test(names_and_tags_have_maximum_lengths),
		cmocka_unit_test(a_digest_of_a_name_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
