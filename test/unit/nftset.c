#include "net/nftset.h"

#include <errno.h>

#include "base/own.h"
#include "base/proc.h"
#include "kernel/nft.h"
#include "net/rules.h"
#include "private_net.h"

static struct err e;

static void line(struct record *r, const char *key, const char *value)
{
	record_free(r);
	*r = (struct record){0};
	record_add(r, key, value);
}

/* Whether nft(8), an independent reader, lists the text. */
static bool lists(const char *what)
{
	char nft[] = "nft", list[] = "list", rules[] = "ruleset",
	     *argv[] = {nft, list, rules, NULL};
	own_buf struct buf out = {0}, why = {0};

	assert_int_equal(proc_run(argv, &out, &why, &e), 0);
	return strstr(out.data, what);
}

static int make(void **state)
{
	own_buf struct buf text = {0};
	struct rules_bridge bridge = {.name = "ct0", .subnet = {.prefix = 24}};

	(void)state;
	rules_tables(&text, "ct0", &bridge, 1);
	return nftrun("rules", text.data, &e);
}

static void elements_are_those_that_nft_would_add(void **state)
{
	own_record struct record r = {0};

	(void)state;
	record_add(&r, "name", "web");
	record_add(&r, "member", "default 10.142.0.2 ct0v2 eth0");
	record_add(&r, "port", "0.0.0.0 8080 tcp 10.142.0.2 80");
	record_add(&r, "port", "127.0.0.1 53 udp 10.142.0.2 5353");
	assert_int_equal(nftset_change(NULL, "ct0", NFT_ADD, &r, &e), 0);
	assert_int_equal(nftset_change(NULL, "ct0", NFT_ADD, &r, &e), 0);
	assert_true(lists("\"ct0v2\" . 02:42:0a:8e:00:02 . 10.142.0.2"));
	assert_true(lists("tcp . 8080 : 10.142.0.2 . 80"));
	assert_true(lists("127.0.0.1 . udp . 53 : 10.142.0.2 . 5353"));
	assert_int_equal(nftset_change(NULL, "ct0", NFT_DELETE, &r, &e), 0);
	assert_int_equal(nftset_change(NULL, "ct0", NFT_DELETE, &r, &e), 0);
	assert_false(lists("10.142.0.2"));
	assert_false(lists("ct0v2"));
}

static void a_port_of_a_dead_container_is_replaced_and_others_stay(void **state)
{
	own_record struct record dead = {0}, next = {0};

	(void)state;
	line(&dead, "port", "0.0.0.0 8080 tcp 10.142.0.2 80");
	line(&next, "port", "0.0.0.0 8080 tcp 10.142.0.3 81");
	assert_int_equal(nftset_change(NULL, "ct0", NFT_ADD, &dead, &e), 0);
	assert_int_equal(nftset_change(NULL, "ct0", NFT_ADD, &next, &e), 0);
	assert_true(lists("tcp . 8080 : 10.142.0.3 . 81"));
	assert_int_equal(nftset_change(NULL, "ct0", NFT_DELETE, &dead, &e), 0);
	assert_true(lists("tcp . 8080 : 10.142.0.3 . 81"));
	assert_int_equal(nftset_change(NULL, "ct0", NFT_DELETE, &next, &e), 0);
	assert_false(lists("8080"));
}

static void a_missing_table_is_reported(void **state)
{
	own_record struct record r = {0};

	(void)state;
	line(&r, "port", "0.0.0.0 8080 tcp 10.142.0.2 80");
	assert_refused(
		nftset_change(NULL, "cta", NFT_ADD, &r, &e), &e,
		"port 8080/tcp: packet filter: table ct_cta, ports_any: No such file or directory");
	assert_int_equal(e.sys, ENOENT);
	assert_int_equal(nftset_change(NULL, "cta", NFT_DELETE, &r, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(elements_are_those_that_nft_would_add, make),
		cmocka_unit_test_setup(a_port_of_a_dead_container_is_replaced_and_others_stay,
				       make),
		cmocka_unit_test_setup(a_missing_table_is_reported, make),
	};

	return cmocka_run_group_tests(tests, netstage_enter, net_leave);
}
