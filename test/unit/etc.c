#include "unit.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "container/etc.h"
#include "store/plan.h"

static struct err e;

static char *content(const struct scratch *s, const char *name)
{
	struct buf text = {0};

	buf_str(&text, "");
	assert_int_equal(file_read(s->dir, name, 1 << 20, &text, &e), 0);
	return text.data;
}

static void the_files_have_the_containers_name_and_address(void **state)
{
	const struct scratch *s = *state;
	struct plan p = {.net = NET_NONE};
	char *hosts, *hostname, *resolv;
	struct stat st;

	strv_add(&p.dns, "192.0.2.1");
	strv_add(&p.dns, "2001:db8::1");
	strv_add(&p.hosts, "db:192.0.2.7");
	strv_add(&p.hosts, "six:2001:db8::7");
	assert_int_equal(etc_write(s->dir, &p, "web", 4711, &e), 0);
	hosts = content(s, "hosts");
	hostname = content(s, "hostname");
	resolv = content(s, "resolv.conf");
	assert_string_equal(hosts,
			    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.1.1\tweb\n"
			    "192.0.2.7\tdb\n2001:db8::7\tsix\n");
	assert_string_equal(hostname, "web\n");
	/* Then the host's search and options follow, without its servers. */
	assert_true(strncmp(resolv, "nameserver 192.0.2.1\nnameserver 2001:db8::1\n", 44) == 0);
	assert_null(strstr(resolv + 44, "nameserver"));
	for (const char *const *name = etc_files; *name; name++) {
		assert_int_equal(fstatat(s->dir, *name, &st, 0), 0);
		assert_int_equal(st.st_uid, 4711);
		assert_int_equal(st.st_mode & 0777, 0644);
	}
	free(hosts);
	free(hostname);
	free(resolv);
	plan_free_lists(&p);
}

static void a_resolver_on_the_hosts_loopback_is_left_out(void **state)
{
	const struct scratch *s = *state;
	struct plan p = {.net = NET_NONE};
	char *resolv;

	assert_int_equal(etc_write(s->dir, &p, "web", 0, &e), 0);
	resolv = content(s, "resolv.conf");
	assert_null(strstr(resolv, " 127."));
	assert_null(strstr(resolv, " ::1"));
	free(resolv);
}

static void a_host_is_a_name_and_an_address(void **state)
{
	static const char *const wrong[] = {"",
					    "x",
					    "x:",
					    ":192.0.2.1",
					    "x:y",
					    "x:192.0.2",
					    "x:192.0.2.1 ",
					    "a b:192.0.2.1",
					    "a\n6.6.6.6 b:192.0.2.1",
					    "#:192.0.2.1",
					    "x:192.0.2.1\n",
					    "a\r:192.0.2.1",
					    "\033[2J:192.0.2.1",
					    "a\fb:192.0.2.1",
					    "\177:192.0.2.1"};
	char sentence[100];

	(void)state;
	assert_int_equal(etc_check_host("db:192.0.2.1", &e), 0);
	assert_int_equal(etc_check_host("db.example:2001:db8::1", &e), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(sentence, sizeof(sentence), "%s: not HOST:ADDRESS", wrong[i]);
		assert_refused(etc_check_host(wrong[i], &e), &e, sentence);
	}
}

static void a_resolver_is_an_address(void **state)
{
	(void)state;
	assert_int_equal(etc_check_dns("192.0.2.1", &e), 0);
	assert_int_equal(etc_check_dns("::1", &e), 0);
	assert_refused(etc_check_dns("", &e), &e, ": not an address");
	assert_refused(etc_check_dns("dns.example", &e), &e, "dns.example: not an address");
	assert_refused(etc_check_dns("192.0.2.1\nsearch x", &e), &e,
		       "192.0.2.1\nsearch x: not an address");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(the_files_have_the_containers_name_and_address),
		unit_test_scratch(a_resolver_on_the_hosts_loopback_is_left_out),
		cmocka_unit_test(a_host_is_a_name_and_an_address),
		cmocka_unit_test(a_resolver_is_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
