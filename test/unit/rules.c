#include "private_net.h"

#include <arpa/inet.h>
#include <errno.h>

#include "kernel/nft.h"
#include "net/nftset.h"
#include "net/rules.h"

static struct err e;

static void lines_of_a_record_are_read_back(void **state)
{
	static const char *const members[] = {
		"", "default 10.142.0.3 ct0v3", "default 10.142.0.300 ct0v3 eth0",
		"default 10.142.0.3 ct0v3 eth0 x", "default 10.142.0.3 ct0v3ct0v3ct0v3ct eth0"};
	static const char *const ports[] = {"", "0.0.0.0 80 tcp 10.142.0.3",
					    "0.0.0.0 80 sctp 10.142.0.3 80", "0.0.0.0 80 tcp x 80",
					    "0.0.0.0 80 tcp 10.142.0.3 80 9"};
	struct rules_member m = {.network = "default", .link = "ct0v3", .inside = "eth0"}, m2;
	struct rules_port p = {.host_port = 8080, .to_port = 80, .udp = true}, p2;
	struct record r = {0};

	(void)state;
	inet_aton("10.142.0.3", &m.address);
	inet_aton("127.0.0.1", &p.host);
	p.to = m.address;
	rules_record_member(&r, &m);
	rules_record_port(&r, &p);
	assert_string_equal(record_get(&r, "member"), "default 10.142.0.3 ct0v3 eth0");
	assert_string_equal(record_get(&r, "port"), "127.0.0.1 8080 udp 10.142.0.3 80");
	assert_true(rules_read_member(record_get(&r, "member"), &m2));
	assert_memory_equal(&m, &m2, sizeof(m));
	assert_true(rules_read_port(record_get(&r, "port"), &p2));
	assert_int_equal(p2.host.s_addr, p.host.s_addr);
	assert_int_equal(p2.to.s_addr, p.to.s_addr);
	assert_int_equal(p2.host_port, 8080);
	assert_int_equal(p2.to_port, 80);
	assert_true(p2.udp);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		assert_false(rules_read_member(members[i], &m2));
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		assert_false(rules_read_port(ports[i], &p2));
	record_free(&r);
}

static void run(void (*text)(struct buf *out, const char *set), int want)
{
	struct buf out = {0};

	text(&out, "ct0");
	assert_int_equal(nftrun("rules", out.data, &e), want);
	buf_free(&out);
}

static void two_networks(struct buf *out, const char *set)
{
	struct rules_bridge b[2] = {{.name = "ct0"},
				    {.name = "ct0n1", .internal = true, .isolated = true}};

	assert_int_equal(subnet_read("10.142.0.0/16", &b[0].subnet, &e), 0);
	assert_int_equal(subnet_read("10.143.0.0/24", &b[1].subnet, &e), 0);
	rules_tables(out, set, b, 2);
	rules_opened(out, set, "eth0");
	rules_opened(out, set, "wlan0.1-x@y");
}

static struct record full(void)
{
	struct record r = {0};

	record_add(&r, "member", "default 10.142.0.3 ct0v3 eth0");
	record_add(&r, "name", "web");
	record_add(&r, "port", "0.0.0.0 8080 tcp 10.142.0.3 80");
	record_add(&r, "port", "127.0.0.1 8080 udp 10.142.0.3 80");
	return r;
}

static void add_all(struct buf *out, const char *set)
{
	struct record r = full();

	assert_int_equal(nftset_change(out, set, NFT_ADD, &r, &e), 0);
	record_free(&r);
}

static void delete_all(struct buf *out, const char *set)
{
	struct record r = full();

	assert_int_equal(nftset_change(out, set, NFT_DELETE, &r, &e), 0);
	record_free(&r);
}

static void publish_the_same_port_for_another(struct buf *out, const char *set)
{
	struct record r = {0};

	record_add(&r, "port", "0.0.0.0 8080 tcp 10.142.0.4 80");
	assert_int_equal(nftset_change(out, set, NFT_ADD, &r, &e), 0);
	record_free(&r);
}

static void elements_are_added_and_deleted(void **state)
{
	(void)state;
	run(two_networks, 0);
	assert_true(nft_has_tables("ct_ct0"));
	run(add_all, 0);
	run(add_all, 0);
	run(publish_the_same_port_for_another, -1);
	assert_int_equal(e.sys, EEXIST);
	run(delete_all, 0);
	run(delete_all, -1);
	assert_int_equal(e.sys, ENOENT);
	run(publish_the_same_port_for_another, 0);
	/* Rewritten tables are empty. */
	run(two_networks, 0);
	run(add_all, 0);
	run(rules_no_tables, 0);
	run(rules_no_tables, 0);
	assert_false(nft_has_tables("ct_ct0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_a_record_are_read_back),
		cmocka_unit_test(elements_are_added_and_deleted),
	};

	return cmocka_run_group_tests(tests, netstage_enter, net_leave);
}
