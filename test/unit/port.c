#include "net/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "private_net.h"

static struct err e;

static void reads(const char *text, const char *want)
{
	char address[INET_ADDRSTRLEN], got[80];
	struct port_range r;

	assert_int_equal(port_read(text, &r, &e), 0);
	snprintf(got, sizeof(got), "%s %u %u %u %s",
		 inet_ntop(AF_INET, &r.host, address, sizeof(address)), r.host_port, r.to_port,
		 r.count, r.udp ? "udp" : "tcp");
	assert_string_equal(got, want);
}

static void a_port_is_read_in_every_form(void **state)
{
	(void)state;
	reads("80", "0.0.0.0 0 80 1 tcp");
	reads("8080:80", "0.0.0.0 8080 80 1 tcp");
	reads("8080:80/udp", "0.0.0.0 8080 80 1 udp");
	reads("127.0.0.1:8080:80/tcp", "127.0.0.1 8080 80 1 tcp");
	reads("127.0.0.1::80", "127.0.0.1 0 80 1 tcp");
	reads("8000-8009:80-89", "0.0.0.0 8000 80 10 tcp");
	reads("8080:80/TCP", "0.0.0.0 8080 80 1 tcp");
	reads("8080:80/Udp", "0.0.0.0 8080 80 1 udp");
	reads("80-89/udp", "0.0.0.0 0 80 10 udp");
	reads("1-65535:1-65535", "0.0.0.0 1 1 65535 tcp");
}

static void invalid_ports_are_refused_by_name(void **state)
{
	static const char *const texts[] = {
		"",    ":",    "x",       "0",         "65536",       "-1",
		"1-",  "-",    "2-1:2-1", "1-2:1-3",   "1-2:5",       "80:",
		":80", "::80", "a:1:1",   "1.2.3:1:1", "1:2:3:4",     "127.0.0.1:80:",
		"80 ", " 80",  "+80",     "80\n",      "[::1]:80:80",
	};
	struct port_range r;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char sentence[160];

		snprintf(sentence, sizeof(sentence),
			 "%s: not [[IP:]PORT[-PORT]:]PORT[-PORT][/udp], with as many on both sides",
			 texts[i]);
		assert_refused(port_read(texts[i], &r, &e), &e, sentence);
	}
	assert_refused(port_read("80/sctp", &r, &e), &e, "80/sctp: not a port: /tcp or /udp");
	assert_refused(port_read_host("1:2:3", &r, &e), &e, "1:2:3: not [IP:]PORT[-PORT][/udp]");
	assert_int_equal(port_read_host("127.0.0.1:80-81/UDP", &r, &e), 0);
	assert_int_equal(r.host_port, 80);
	assert_int_equal(r.count, 2);
	assert_true(r.udp);
}

static int can_bind(int kind, uint16_t port, bool reuse)
{
	int fd = socket(AF_INET, kind, 0), one = 1, got;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	got = bind(fd, (struct sockaddr *)&a, sizeof(a));
	close(fd);
	return got;
}

static void a_held_port_cannot_be_taken(void **state)
{
	struct in_addr to = {htonl(0x0a8e0002)};
	struct ports held = {0};
	struct port_range r;

	(void)state;
	assert_int_equal(port_read("8000-8001:80-81", &r, &e), 0);
	assert_int_equal(ports_hold(&held, &r, to, &e), 0);
	assert_int_equal(held.n, 2);
	assert_int_equal(held.v[1].host_port, 8001);
	assert_int_equal(held.v[1].to_port, 81);
	assert_int_equal(can_bind(SOCK_STREAM, 8000, false), -1);
	assert_int_equal(can_bind(SOCK_STREAM, 8000, true), -1);
	assert_int_equal(can_bind(SOCK_DGRAM, 8000, true), 0);
	assert_int_equal(port_read("8002:1", &r, &e), 0);
	assert_int_equal(ports_hold(&held, &r, to, &e), 0);
	assert_int_equal(port_read("8001:1", &r, &e), 0);
	assert_refused(ports_hold(&held, &r, to, &e), &e, "port 8001/tcp: Address already in use");
	assert_int_equal(e.sys, EADDRINUSE);
	assert_true(ports_drop(&held, &(struct rules_port){.host_port = 8000}));
	assert_false(ports_drop(&held, &(struct rules_port){.host_port = 8000}));
	assert_false(ports_drop(&held, &(struct rules_port){.host_port = 8001, .udp = true}));
	assert_int_equal(can_bind(SOCK_STREAM, 8000, false), 0);
	assert_int_equal(can_bind(SOCK_STREAM, 8002, false), -1);
	ports_close(&held);
	assert_int_equal(can_bind(SOCK_STREAM, 8001, false), 0);
}

/* The side that closes first keeps the connection in TIME_WAIT for a minute. */
static void a_port_of_connections_that_have_ended_can_be_held(void **state)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0),
	    one = 1, peer;
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(8000),
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct ports held = {0};
	struct port_range r;
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	char word;

	(void)state;
	assert_int_equal(ioctl(client, SIOCSIFFLAGS, &lo), 0);
	assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)) | listen(listener, 1), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof(a)), 0);
	peer = accept(listener, NULL, NULL);
	close(peer);
	assert_int_equal(read(client, &word, 1), 0);
	close(client);
	close(listener);
	assert_int_equal(can_bind(SOCK_STREAM, 8000, false), -1);
	assert_int_equal(port_read("8000:1", &r, &e), 0);
	assert_int_equal(ports_hold(&held, &r, (struct in_addr){0}, &e), 0);
	/* and no connection is accepted */
	client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof(a)), -1);
	assert_int_equal(poll(&(struct pollfd){.fd = client, .events = POLLOUT}, 1, 100), 0);
	close(client);
	ports_close(&held);
}

static void an_unspecified_port_is_a_free_one(void **state)
{
	struct ports held = {0};
	struct port_range r;
	char text[PORT_TEXT];

	(void)state;
	assert_int_equal(port_read("127.0.0.1::80-81/udp", &r, &e), 0);
	assert_int_equal(ports_hold(&held, &r, (struct in_addr){0}, &e), 0);
	assert_int_not_equal(held.v[0].host_port, 0);
	assert_int_not_equal(held.v[0].host_port, held.v[1].host_port);
	held.v[0].host_port = 53;
	port_text(&held.v[0], text);
	assert_string_equal(text, "127.0.0.1:53/udp");
	ports_close(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_read_in_every_form),
		cmocka_unit_test(invalid_ports_are_refused_by_name),
		unit_test_net(a_held_port_cannot_be_taken),
		unit_test_net(a_port_of_connections_that_have_ended_can_be_held),
		unit_test_net(an_unspecified_port_is_a_free_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
