#include "private_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "base/own.h"
#include "kernel/rtnl.h"

static struct err e;
static const uint8_t mac[6] = {0x02, 0x42, 10, 142, 0, 1};

static struct in_addr ip(const char *text)
{
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, text, &a), 1);
	return a;
}

static struct subnet subnet(const char *address, unsigned prefix)
{
	return (struct subnet){ip(address), prefix};
}

static int new_namespace(void)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_equal(setns(here, CLONE_NEWNET), 0);
	close(here);
	return fd;
}

static struct rtnl_link link_of(struct netlink *n, const char *name)
{
	struct rtnl_link l;

	assert_int_equal(rtnl_find(n, name, &l, &e), 1);
	return l;
}

static void bridge_up(struct netlink *n)
{
	struct subnet a = subnet("10.142.0.1", 16);

	assert_int_equal(rtnl_bridge(n, "ct0", mac, &e), 0);
	assert_int_equal(rtnl_address(n, "ct0", &a, &e), 0);
	assert_int_equal(rtnl_up(n, "ct0", true, &e), 0);
}

static void a_bridge_is_made_found_and_deleted(void **state)
{
	own_netlink struct netlink *n = rtnl_open(-1, &e);
	struct rtnl_link l, same;

	(void)state;
	assert_int_equal(rtnl_find(n, "ct0", &l, &e), 0);
	assert_int_equal(rtnl_bridge(n, "ct0", mac, &e), 0);
	l = link_of(n, "ct0");
	assert_string_equal(l.name, "ct0");
	assert_string_equal(l.kind, "bridge");
	assert_memory_equal(l.mac, mac, sizeof(mac));
	assert_false(l.up);
	assert_int_equal(l.index, if_nametoindex("ct0"));
	assert_int_equal(rtnl_find_index(n, l.index, &same, &e), 1);
	assert_string_equal(same.name, "ct0");
	assert_int_equal(rtnl_up(n, "ct0", true, &e), 0);
	assert_true(link_of(n, "ct0").up);
	assert_int_equal(rtnl_delete(n, "ct0", &e), 0);
	assert_int_equal(rtnl_delete(n, "ct0", &e), 0);
	assert_int_equal(rtnl_find(n, "ct0", &l, &e), 0);
}

static void errors_name_the_interface(void **state)
{
	own_netlink struct netlink *n = rtnl_open(-1, &e);
	struct subnet a = subnet("10.142.0.1", 16);
	struct rtnl_link l;
	char name[400];

	(void)state;
	assert_int_equal(rtnl_bridge(n, "ct0", mac, &e), 0);
	assert_refused(rtnl_bridge(n, "ct0", mac, &e), &e, "make bridge ct0: File exists");
	assert_int_equal(e.sys, EEXIST);
	assert_refused(rtnl_up(n, "ct1", true, &e), &e, "set link ct1 up: No such device");
	assert_refused(rtnl_address(n, "ct1", &a, &e), &e, "ct1: no such link");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_not_equal(rtnl_find(n, name, &l, &e), 1);
}

/* Before Linux 6.8 a link is reported as running a little after it is. */
static bool carrier_comes(struct netlink *n, const char *name)
{
	for (int i = 0; i < 1000 && !link_of(n, name).carrier; i++)
		usleep(10000);
	return link_of(n, name).carrier;
}

static void a_veth_pair_is_made_into_another_namespace(void **state)
{
	own_fd int netns = new_namespace();
	own_netlink struct netlink *n = rtnl_open(-1, &e), *inside = rtnl_open(netns, &e);
	struct rtnl_pair p = {.name = "ct0v2",
			      .altname = "veth0_ps_42002",
			      .peer = "eth0",
			      .peer_netns = netns,
			      .peer_mac = {2, 0x42, 10, 142, 0, 2}};
	struct subnet a = subnet("10.142.0.2", 16);

	(void)state;
	bridge_up(n);
	p.bridge = link_of(n, "ct0").index;
	assert_int_equal(rtnl_pair(n, &p, &e), 0);
	assert_int_equal(link_of(n, "ct0v2").master, p.bridge);
	assert_true(link_of(n, "ct0v2").up);
	assert_string_equal(link_of(n, "veth0_ps_42002").name, "ct0v2");
	assert_int_equal(if_nametoindex("eth0"), 0);
	assert_memory_equal(link_of(inside, "eth0").mac, p.peer_mac, 6);
	assert_false(link_of(inside, "lo").up);

	assert_int_equal(rtnl_configure(inside, "eth0", "veth1_ps_42002", &a, ip("10.142.0.1"), &e),
			 0);
	assert_true(link_of(inside, "lo").up);
	assert_true(carrier_comes(inside, "veth1_ps_42002"));
	assert_true(carrier_comes(n, "ct0v2"));
	assert_int_equal(rtnl_link_to(inside, ip("192.0.2.1")), link_of(inside, "eth0").index);
	/* A second call changes nothing. */
	assert_int_equal(rtnl_configure(inside, "eth0", "veth1_ps_42002", &a, ip("10.142.0.1"), &e),
			 0);
}

static void a_taken_altname_is_left_out(void **state)
{
	own_fd int netns = new_namespace();
	own_netlink struct netlink *n = rtnl_open(-1, &e);
	struct rtnl_pair p = {.name = "a",
			      .altname = "known",
			      .peer = "eth0",
			      .peer_netns = netns,
			      .peer_mac = {2}};

	(void)state;
	assert_int_equal(rtnl_bridge(n, "known", mac, &e), 0);
	assert_int_equal(rtnl_pair(n, &p, &e), 0);
	assert_string_equal(link_of(n, "known").kind, "bridge");
	assert_string_equal(link_of(n, "a").kind, "veth");
}

static void a_veth_pair_with_a_taken_name_changes_nothing(void **state)
{
	own_fd int netns = new_namespace();
	own_netlink struct netlink *n = rtnl_open(-1, &e), *inside = rtnl_open(netns, &e);
	struct rtnl_pair p = {.name = "other",
			      .altname = "alt",
			      .peer = "eth0",
			      .peer_netns = netns,
			      .peer_mac = {2}};
	struct rtnl_link l;

	(void)state;
	assert_int_equal(rtnl_bridge(n, "other", mac, &e), 0);
	assert_refused(rtnl_pair(n, &p, &e), &e, "make link other: File exists");
	assert_int_equal(e.sys, EEXIST);
	assert_int_equal(rtnl_find(n, "alt", &l, &e), 0);
	assert_int_equal(rtnl_find(inside, "eth0", &l, &e), 0);
	assert_false(link_of(n, "other").up);
}

static char port_says(const char *port, const char *what)
{
	own_str char *path = NULL;
	own_file FILE *f = NULL;

	assert_true(asprintf(&path, "/sys/class/net/%s/brport/%s", port, what) > 0);
	f = fopen(path, "re");
	return f ? (char)fgetc(f) : '?';
}

static void an_isolated_port_is_marked_so(void **state)
{
	own_fd int netns = new_namespace();
	own_netlink struct netlink *n = rtnl_open(-1, &e);
	struct rtnl_pair p = {
		.name = "a", .isolated = true, .peer = "eth0", .peer_netns = netns, .peer_mac = {2}};

	(void)state;
	/* /sys shows the interfaces of the namespace in which it was mounted. */
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("sysfs", "/sys", "sysfs", 0, NULL), 0);
	bridge_up(n);
	p.bridge = link_of(n, "ct0").index;
	assert_int_equal(rtnl_pair(n, &p, &e), 0);
	assert_int_equal(port_says("a", "isolated"), '1');
	assert_int_equal(port_says("a", "hairpin_mode"), '1');
	p.name = "b";
	p.peer = "eth1";
	p.isolated = false;
	assert_int_equal(rtnl_pair(n, &p, &e), 0);
	assert_int_equal(port_says("b", "isolated"), '0');
	umount2("/sys", MNT_DETACH);
}

static void the_last_port_of_a_bridge_is_followed_by_a_clear_error(void **state)
{
	own_fd int netns = new_namespace();
	own_netlink struct netlink *n = rtnl_open(-1, &e);
	struct rtnl_link l;
	char name[16], peer[16];
	struct rtnl_pair p = {.name = name, .peer = peer, .peer_netns = netns, .peer_mac = {2}};
	int made = 0;

	(void)state;
	bridge_up(n);
	p.bridge = link_of(n, "ct0").index;
	do {
		snprintf(name, sizeof(name), "p%d", ++made);
		snprintf(peer, sizeof(peer), "e%d", made);
	} while (rtnl_pair(n, &p, &e) == 0);
	assert_int_equal(made, 1024);
	assert_int_equal(e.sys, EXFULL);
	assert_int_equal(rtnl_find(n, name, &l, &e), 0);
}

struct seen {
	int defaults, ours, own;
};

static int see(const struct rtnl_route *route, void *arg)
{
	struct seen *s = arg;

	s->defaults += route->to.prefix == 0;
	s->ours += !route->local && route->to.prefix == 16 &&
		route->to.address.s_addr == ip("10.142.0.0").s_addr &&
		route->link == if_nametoindex("ct0");
	s->own += route->local && route->to.address.s_addr == ip("10.142.0.1").s_addr;
	return 0;
}

static int stop_at_once(const struct rtnl_route *route, void *arg)
{
	(void)route;
	++*(int *)arg;
	return 7;
}

static void routes_are_listed(void **state)
{
	own_netlink struct netlink *n = rtnl_open(-1, &e);
	struct seen s = {0};
	int calls = 0;

	(void)state;
	bridge_up(n);
	assert_int_equal(rtnl_link_to(n, ip("192.0.2.1")), 0);
	assert_int_equal(rtnl_default_route(n, "ct0", ip("10.142.0.9"), &e), 0);
	assert_int_equal(rtnl_default_route(n, "ct0", ip("10.142.0.8"), &e), 0);
	assert_int_equal(rtnl_routes(n, see, &s, &e), 0);
	assert_int_equal(s.defaults, 1);
	assert_int_equal(s.ours, 1);
	assert_int_equal(s.own, 1);
	assert_int_equal(rtnl_routes(n, stop_at_once, &calls, &e), 7);
	assert_int_equal(calls, 1);
	assert_int_equal(rtnl_link_to(n, ip("192.0.2.1")), link_of(n, "ct0").index);
}

static void put(const char *path, const char *value)
{
	own_file FILE *f = fopen(path, "we");

	assert_true(f && fputs(value, f) > 0);
}

static void forwarding_interfaces_are_found(void **state)
{
	own_netlink struct netlink *n = rtnl_open(-1, &e);
	int index;

	(void)state;
	bridge_up(n);
	index = (int)link_of(n, "ct0").index;
	put("/proc/sys/net/ipv4/ip_forward", "0");
	assert_false(rtnl_forwards(n, -1));
	assert_false(rtnl_forwards(n, index));
	put("/proc/sys/net/ipv4/conf/ct0/forwarding", "1");
	assert_false(rtnl_forwards(n, -1));
	assert_true(rtnl_forwards(n, index));
	put("/proc/sys/net/ipv4/ip_forward", "1");
	assert_true(rtnl_forwards(n, -1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_net(a_bridge_is_made_found_and_deleted),
		unit_test_net(errors_name_the_interface),
		unit_test_net(a_veth_pair_is_made_into_another_namespace),
		unit_test_net(a_taken_altname_is_left_out),
		unit_test_net(a_veth_pair_with_a_taken_name_changes_nothing),
		unit_test_net(an_isolated_port_is_marked_so),
		unit_test_net(the_last_port_of_a_bridge_is_followed_by_a_clear_error),
		unit_test_net(routes_are_listed),
		unit_test_net(forwarding_interfaces_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
