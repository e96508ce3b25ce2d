#include "private_net.h"
#include "private_store.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/own.h"
#include "kernel/nft.h"
#include "kernel/rtnl.h"
#include "net/bridge.h"
#include "net/netdef.h"

/* A store and a CT_RUN for each test; one network namespace for all, because nftrun keeps a
 * socket. */
static struct err e;

static int setup(void **state)
{
	unsetenv("CT_BRIDGE");
	unsetenv("CT_SUBNET");
	return home_up(state);
}

#define unit_test_home_net(f) cmocka_unit_test_setup_teardown(f, setup, home_remove)

static struct netlink *rtnl(void)
{
	struct netlink *n = rtnl_open(-1, &e);

	assert_non_null(n);
	return n;
}

static int up(const struct store *s, struct netlink *nl, struct network *n)
{
	struct bridge_how how = {0};
	own_fd int lock = network_lock(s, &e);
	int r;

	assert_true(lock >= 0);
	r = bridge_up(s, nl, NETWORK_DEFAULT, &how, n, &e);
	if (r < 0)
		print_error("%s\n", e.msg);
	return r;
}

static void the_environment_defines_the_default_network(void **state)
{
	const struct home *h = *state;
	struct network n;

	assert_int_equal(network_find(&h->s, "default", &n, &e), 0);
	assert_string_equal(n.bridge, "ct0");
	assert_string_equal(inet_ntoa(network_gateway(&n)), "10.142.0.1");
	setenv("CT_BRIDGE", "cta", 1);
	setenv("CT_SUBNET", "192.168.7.0/24", 1);
	assert_int_equal(network_find(&h->s, "default", &n, &e), 0);
	assert_string_equal(n.bridge, "cta");
	assert_string_equal(n.set, "cta");
	assert_string_equal(inet_ntoa(network_gateway(&n)), "192.168.7.1");
	setenv("CT_BRIDGE", "ninechars", 1);
	setenv("CT_SUBNET", "10.0.0.0/8", 1);
	assert_refused(
		network_find(&h->s, "default", &n, &e), &e,
		"CT_SUBNET: 10.0.0.0/8: too large for bridge ninechars: interface names would have more than 15 characters");
}

static void names_of_links_fit_and_differ(void **state)
{
	const struct home *h = *state;
	struct network n;
	char link[16];

	assert_int_equal(network_find(&h->s, "default", &n, &e), 0);
	network_link(&n, subnet_at(&n.subnet, 2), link);
	assert_string_equal(link, "ct0v2");
	network_link(&n, subnet_at(&n.subnet, 65534), link);
	assert_string_equal(link, "ct0vfffe");
}

static void a_network_that_was_created_is_found(void **state)
{
	const struct home *h = *state;
	own_netlink struct netlink *nl = rtnl();
	own_strv struct strv names = {0};
	struct network n = {.name = "web", .internal = true, .dir = -1}, found;

	assert_int_equal(netdef_create(&h->s, nl, &n, NULL, &e), 0);
	assert_string_equal(n.bridge, "ct0n1");
	assert_int_equal(network_find(&h->s, "web", &found, &e), 0);
	assert_string_equal(found.bridge, "ct0n1");
	assert_string_equal(inet_ntoa(found.subnet.address), "10.143.0.0");
	assert_true(found.internal);
	assert_false(found.isolated);
	assert_int_equal(network_list(&h->s, &names, &e), 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "default");
	assert_string_equal(names.v[1], "web");
	assert_int_equal(netdef_remove(&h->s, "web", &e), 0);
	assert_refused(network_find(&h->s, "web", &found, &e), &e,
		       "web: no such network ('ct net ls' lists them)");
	assert_int_equal(e.sys, ENOENT);
}

static void living_containers_are_members_and_dead_ones_are_not(void **state)
{
	const struct home *h = *state;
	own_strv struct strv ids = {0};
	own_network struct network n = NETWORK_NONE, same = NETWORK_NONE;

	assert_int_equal(network_open(&h->s, "default", &n, &e), -1);
	assert_int_equal(e.sys, ENOENT);
	assert_int_equal(network_find(&h->s, "default", &n, &e), 0);
	close(network_lock(&h->s, &e));
	assert_int_equal(network_record(&h->s, &n, &e), 0);
	assert_int_equal(symlinkat("ps_1", n.dir, "10.142.0.2"), 0);
	assert_int_equal(symlinkat("ps_2", n.dir, "10.142.0.3"), 0);
	assert_int_equal(symlinkat("ps_1", n.dir, "10.142.0.4"), 0);
	assert_int_equal(mkdirat(h->s.run, "ps_1", 0700), 0);
	assert_int_equal(network_open(&h->s, "default", &same, &e), 0);
	assert_int_equal(network_members(&h->s, &same, &ids, &e), 0);
	assert_int_equal(ids.n, 1);
	assert_string_equal(ids.v[0], "ps_1");
	assert_int_equal(network_unrecord(&h->s, "default", &e), 0);
	assert_int_equal(network_unrecord(&h->s, "default", &e), 0);
	assert_int_equal(network_open(&h->s, "default", &same, &e), -1);
	unlinkat(h->s.run, "ps_1", AT_REMOVEDIR);
}

static void a_network_that_is_up_is_not_written_again(void **state)
{
	const struct home *h = *state;
	own_netlink struct netlink *nl = rtnl();
	own_network struct network n = NETWORK_NONE, again = NETWORK_NONE;
	struct bridge_how how = {.thorough = true};

	assert_int_equal(up(&h->s, nl, &n), 0);
	assert_int_equal(n.index, if_nametoindex("ct0"));
	assert_true(n.dir >= 0);
	assert_int_equal(nftrun("mark", "add set inet ct_ct0 seen { type ifname; }", &e), 0);
	assert_int_equal(up(&h->s, nl, &again), 0);
	assert_int_equal(again.index, n.index);
	assert_true(again.dir >= 0);
	assert_int_equal(nftrun("mark", "add element inet ct_ct0 seen { lo }", &e), 0);
	network_close(&again);
	assert_int_equal(bridge_up(&h->s, nl, NETWORK_DEFAULT, &how, &again, &e), 0);
	assert_int_equal(nftrun("mark", "add element inet ct_ct0 seen { lo }", &e), -1);
	assert_int_equal(bridge_down(&h->s, nl, NETWORK_DEFAULT, &e), 0);
	assert_int_equal(if_nametoindex("ct0"), 0);
}

static void missing_parts_are_made_again(void **state)
{
	const struct home *h = *state;
	own_netlink struct netlink *nl = rtnl();
	own_network struct network a = NETWORK_NONE, b = NETWORK_NONE, c = NETWORK_NONE,
				   d = NETWORK_NONE;

	assert_int_equal(up(&h->s, nl, &a), 0);
	assert_int_equal(nftrun("flush", "flush ruleset", &e), 0);
	assert_int_equal(up(&h->s, nl, &b), 0);
	assert_true(nft_has_tables("ct_ct0"));
	assert_int_equal(rtnl_up(nl, "ct0", false, &e), 0);
	assert_int_equal(up(&h->s, nl, &c), 0);
	assert_true(if_nametoindex("ct0"));
	assert_int_equal(rtnl_delete(nl, "ct0", &e), 0);
	assert_int_equal(up(&h->s, nl, &d), 0);
	assert_int_equal(d.index, if_nametoindex("ct0"));
	assert_int_equal(bridge_down(&h->s, nl, NETWORK_DEFAULT, &e), 0);
	assert_false(nft_has_tables("ct_ct0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_home_net(the_environment_defines_the_default_network),
		unit_test_home_net(names_of_links_fit_and_differ),
		unit_test_home_net(a_network_that_was_created_is_found),
		unit_test_home_net(living_containers_are_members_and_dead_ones_are_not),
		unit_test_home_net(a_network_that_is_up_is_not_written_again),
		unit_test_home_net(missing_parts_are_made_again),
	};

	return cmocka_run_group_tests(tests, netstage_enter, net_leave);
}
