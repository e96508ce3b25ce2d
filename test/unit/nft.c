#include "private_net.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

#include "base/str.h"
#include "kernel/nft.h"

static struct err e;

static int no_rules(void **state)
{
	(void)state;
	return nftrun("rules", "flush ruleset", &e);
}

#define unit_test_rules(f) cmocka_unit_test_setup(f, no_rules)

static int count(const struct nft_chain *c, void *arg)
{
	(void)c;
	++*(int *)arg;
	return 0;
}

static int find_dropping(const struct nft_chain *c, void *arg)
{
	struct nft_chain *found = arg;

	if (c->hook != NF_INET_FORWARD || !c->drops)
		return 0;
	*found = *c;
	return 5;
}

static void both_tables_must_exist(void **state)
{
	(void)state;
	assert_false(nft_has_tables("ct_ct0"));
	assert_int_equal(nftrun("rules", "table inet ct_ct0 {}", &e), 0);
	assert_false(nft_has_tables("ct_ct0"));
	assert_int_equal(nftrun("rules", "table bridge ct_ct0 {}\ntable inet ct_ct1 {}", &e), 0);
	assert_true(nft_has_tables("ct_ct0"));
	assert_false(nft_has_tables("ct_ct1"));
	assert_int_equal(nftrun("rules", "flush ruleset", &e), 0);
	assert_false(nft_has_tables("ct_ct0"));
}

static void chains_of_other_programs_are_found(void **state)
{
	struct nft_chain found;
	int n = 0;

	(void)state;
	assert_int_equal(nft_chains(count, &n, &e), 0);
	assert_int_equal(n, 0);
	assert_int_equal(
		nftrun("rules",
		       "table ip filter {\n"
		       "	chain plain { }\n"
		       "	chain INPUT { type filter hook input priority 0; policy drop; }\n"
		       "	chain FORWARD { type filter hook forward priority 0; policy drop; }\n"
		       "	chain mine { type filter hook forward priority 0; policy accept; }\n"
		       "}",
		       &e),
		0);
	assert_int_equal(nft_chains(count, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_int_equal(nft_chains(find_dropping, &found, &e), 5);
	assert_string_equal(found.table, "filter");
	assert_string_equal(found.name, "FORWARD");
	assert_int_equal(found.family, NFPROTO_IPV4);
}

static void interfaces_in_sets_are_listed(void **state)
{
	struct strv links = {0};

	(void)state;
	assert_int_equal(nft_links("ct_", NULL, "opened", &links, &e), 0);
	assert_int_equal(
		nftrun("rules",
		       "table inet ct_a { set opened { type ifname; elements = { \"eth0\", \"fifteenletters1\" }; }\n}\n"
		       "table inet ct_b { set opened { type ifname; elements = { \"wlan0\" }; }\n"
		       "	set other { type ifname; elements = { \"eth7\" }; }\n}\n"
		       "table inet ct_c { set opened { type ifname; }\n}\n"
		       "table inet ct_d { }\n"
		       "table inet mine { set opened { type ifname; elements = { \"eth8\" }; }\n}\n"
		       "table ip ct_e { set opened { type ifname; elements = { \"eth9\" }; }\n}\n",
		       &e),
		0);
	assert_int_equal(nft_links("ct_", NULL, "opened", &links, &e), 0);
	assert_int_equal(links.n, 3);
	assert_true(strv_has(&links, "eth0") && strv_has(&links, "fifteenletters1") &&
		    strv_has(&links, "wlan0"));
	strv_free(&links);
	links = (struct strv){0};
	assert_int_equal(nft_links("ct_", "ct_a", "opened", &links, &e), 0);
	assert_int_equal(links.n, 1);
	assert_string_equal(links.v[0], "wlan0");
	strv_free(&links);
}

static void commands_of_one_text_are_one_transaction(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(nftrun("rules",
				"table inet a { chain c { type filter hook input priority 0; }; }\n"
				"delete table inet nosuch",
				&e),
			 -1);
	assert_int_equal(nft_chains(count, &n, &e), 0);
	assert_int_equal(n, 0);
}

static void a_failure_is_one_line_with_purpose_and_reason(void **state)
{
	(void)state;
	assert_refused(nftrun("publish 80/tcp", "delete table inet nosuch", &e), &e,
		       "publish 80/tcp: Could not process rule: No such file or directory");
	assert_int_equal(e.sys, ENOENT);
	assert_refused(nftrun("publish 80/tcp", "add element inet nosuch m { 1 }", &e), &e,
		       "publish 80/tcp: No such file or directory");
	assert_int_equal(e.sys, ENOENT);
	/* Each version of nft words the expected tokens differently. */
	assert_int_equal(nftrun("rules", "nonsense\nmore", &e), -1);
	assert_memory_equal(e.msg, "rules: syntax error, ", strlen("rules: syntax error, "));
	assert_null(strchr(e.msg, '\n'));
	assert_int_equal(e.sys, 0);
	/* the next command works */
	assert_int_equal(nftrun("rules", "table inet a {}", &e), 0);
	assert_refused(nftrun("rules", "create table inet a", &e), &e,
		       "rules: Could not process rule: File exists");
	assert_int_equal(e.sys, EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_rules(both_tables_must_exist),
		unit_test_rules(chains_of_other_programs_are_found),
		unit_test_rules(interfaces_in_sets_are_listed),
		unit_test_rules(commands_of_one_text_are_one_transaction),
		unit_test_rules(a_failure_is_one_line_with_purpose_and_reason),
	};

	return cmocka_run_group_tests(tests, netstage_enter, net_leave);
}
