#include "net/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/own.h"
#include "kernel/rtnl.h"
#include "net/bridge.h"
#include "private_net.h"
#include "private_store.h"

/* A store and a CT_RUN for each test; one network namespace for all, because nftrun keeps a
 * socket. */
static struct err e;
static struct network net;

static int setup(void **state)
{
	struct bridge_how how = {.thorough = true};
	const struct home *h;
	own_netlink struct netlink *rtnl = rtnl_open(-1, &e);
	own_fd int lock = -1;

	unsetenv("CT_BRIDGE");
	setenv("CT_SUBNET", "10.0.0.0/29", 1); /* five addresses */
	if (!rtnl || home_up(state) < 0)
		return -1;
	h = *state;
	net = (struct network)NETWORK_NONE;
	lock = network_lock(&h->s, &e);
	return lock < 0 ? -1 : bridge_up(&h->s, rtnl, NETWORK_DEFAULT, &how, &net, &e);
}

static void leave(const struct home *h, const char *id)
{
	assert_int_equal(endpoint_clean(&h->s, id, &e), 0);
	assert_int_equal(endpoint_clean(&h->s, id, &e), 0);
	assert_int_equal(unlinkat(h->s.run, id, AT_REMOVEDIR), 0);
}

static int teardown(void **state)
{
	const struct home *h = *state;
	own_netlink struct netlink *rtnl = rtnl_open(-1, &e);
	own_strv struct strv ids = {0};
	int failed = network_members(&h->s, &net, &ids, &e);

	for (size_t i = 0; i < ids.n; i++)
		leave(h, ids.v[i]);
	network_close(&net);
	failed |= bridge_down(&h->s, rtnl, NETWORK_DEFAULT, &e);
	return failed | home_remove(state);
}

#define unit_test_member(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int join(const struct home *h, const char *id, struct endpoint *m)
{
	own_fd int lock = network_lock(&h->s, &e);
	own_record struct record r = {0};

	if (mkdirat(h->s.run, id, 0700) < 0 && errno != EEXIST)
		return -1;
	if (endpoint_choose(&h->s, &net, id, "eth0", m, &e) < 0)
		return -1;
	record_add(&r, "set", net.set);
	record_add(&r, "name", id);
	rules_record_member(&r, &m->at);
	return endpoint_record(&h->s, &net, id, &r, m, &e);
}

static void is_at(const struct home *h, const char *id, const char *want)
{
	struct endpoint m;
	int got = join(h, id, &m);

	if (got < 0)
		print_error("%s\n", e.msg);
	assert_int_equal(got, 0);
	assert_string_equal(inet_ntoa(m.at.address), want);
}

static void the_containers_number_decides_where_the_search_for_an_address_begins(void **state)
{
	const struct home *h = *state;

	is_at(h, "ps_42004", "10.0.0.4");
	is_at(h, "ps_42002", "10.0.0.2");
	is_at(h, "ps_42009", "10.0.0.5"); /* 10.0.0.4 is taken */
	is_at(h, "ps_1", "10.0.0.3");
	leave(h, "ps_42004");
	is_at(h, "ps_42004", "10.0.0.4");
}

static void all_addresses_are_assigned_before_none_is_free(void **state)
{
	const struct home *h = *state;
	struct endpoint m;

	is_at(h, "ps_42006", "10.0.0.6");
	is_at(h, "ps_42011", "10.0.0.2");
	is_at(h, "ps_42016", "10.0.0.3");
	is_at(h, "ps_42021", "10.0.0.4");
	is_at(h, "ps_42026", "10.0.0.5");
	assert_int_equal(mkdirat(h->s.run, "ps_42031", 0700), 0);
	assert_refused(endpoint_choose(&h->s, &net, "ps_42031", "eth0", &m, &e), &e,
		       "network default: no free address in 10.0.0.0/29");
	assert_int_equal(e.sys, EADDRNOTAVAIL);
	/* A container without a directory has no lease. */
	assert_int_equal(unlinkat(h->s.run, "ps_42016/net", 0) |
				 unlinkat(h->s.run, "ps_42016", AT_REMOVEDIR),
			 0);
	is_at(h, "ps_42031", "10.0.0.3");
}

static void a_cleaned_up_endpoint_leaves_nothing(void **state)
{
	const struct home *h = *state;
	own_record struct record r = {0};
	struct strv ids = {0};

	is_at(h, "ps_42002", "10.0.0.2");
	assert_int_equal(endpoint_read(&h->s, "ps_42002", &r, &e), 0);
	assert_string_equal(record_get(&r, "member"), "default 10.0.0.2 ct0v2 eth0");
	assert_int_equal(faccessat(net.dir, "hosts", F_OK, 0), 0);
	leave(h, "ps_42002");
	assert_int_equal(network_members(&h->s, &net, &ids, &e), 0);
	assert_int_equal(ids.n, 0);
	assert_int_equal(faccessat(net.dir, "hosts", F_OK, 0), -1);
	assert_int_equal(faccessat(net.dir, "10.0.0.2", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static void an_interface_left_by_a_dead_container_is_replaced(void **state)
{
	const struct home *h = *state;
	own_netlink struct netlink *rtnl = rtnl_open(-1, &e);
	own_fd int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct rtnl_link old, new;
	struct endpoint m;

	assert_int_equal(join(h, "ps_42002", &m), 0);
	snprintf(m.at.inside, sizeof(m.at.inside), "in0");
	assert_int_equal(endpoint_pair(rtnl, &m, "ps_42002", here, "ps_42002", &e), 0);
	assert_int_equal(rtnl_find(rtnl, "ct0v2", &old, &e), 1);
	assert_int_equal(old.master, net.index);
	snprintf(m.at.inside, sizeof(m.at.inside), "in1");
	assert_int_equal(endpoint_pair(rtnl, &m, "ps_42002", here, "ps_42002", &e), 0);
	assert_int_equal(rtnl_find(rtnl, "ct0v2", &new, &e), 1);
	assert_int_not_equal(old.index, new.index);
	assert_int_equal(rtnl_find(rtnl, "in0", &old, &e), 0);
	assert_int_equal(endpoint_configure(rtnl, &m, "ps_42002", &e), 0);
	leave(h, "ps_42002");
	assert_int_equal(rtnl_delete(rtnl, "ct0v2", &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_member(
			the_containers_number_decides_where_the_search_for_an_address_begins),
		unit_test_member(all_addresses_are_assigned_before_none_is_free),
		unit_test_member(a_cleaned_up_endpoint_leaves_nothing),
		unit_test_member(an_interface_left_by_a_dead_container_is_replaced),
	};

	return cmocka_run_group_tests(tests, netstage_enter, net_leave);
}
