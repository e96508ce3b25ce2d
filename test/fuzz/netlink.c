/*
 * Any answers of the kernel to the questions of rtnl.h and nft.h. The first byte chooses the
 * question. A datagram of the input is two bytes, its length (little-endian), and messages, whose
 * sequence number, if it is 0, becomes that of the question. After the last datagram the socket
 * fails.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "files.h"
#include "kernel/nft.h"
#include "kernel/rtnl.h"

#if defined(__SANITIZE_ADDRESS__)
#define POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONED 1
#endif
#endif
#ifdef POISONED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)0)
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)0)
#endif

static const uint8_t *answers, *answers_end;
static uint32_t asked; /* the number of the last message that was sent */
static char *room;     /* where the last datagram was received */
static size_t room_size;

/* These stand for libmnl's. */
struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	static char any;

	(void)bus;
	(void)flags;
	return (struct mnl_socket *)&any;
}

int mnl_socket_bind(struct mnl_socket *s, unsigned groups, pid_t pid)
{
	(void)s;
	(void)groups;
	(void)pid;
	return 0;
}

int mnl_socket_close(struct mnl_socket *s)
{
	(void)s;
	return 0;
}

int mnl_socket_get_fd(const struct mnl_socket *s)
{
	(void)s;
	return -1;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *s, const void *data, size_t n)
{
	const struct nlmsghdr *m = data;
	int left = (int)n;

	(void)s;
	for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left))
		asked = m->nlmsg_seq;
	return (ssize_t)n;
}

/* Numbers the messages. A length above INT_MAX would pass mnl_nlmsg_ok, and the loop not end. */
static void correct(char *to, size_t n)
{
	struct nlmsghdr *m = (struct nlmsghdr *)(void *)to;

	for (int left = (int)n; left >= (int)sizeof(*m); m = mnl_nlmsg_next(m, &left)) {
		if (m->nlmsg_len > INT_MAX)
			m->nlmsg_len = (uint32_t)left;
		if (!mnl_nlmsg_ok(m, left))
			return;
		if (m->nlmsg_seq == 0)
			m->nlmsg_seq = asked;
	}
}

/* Nothing of the room behind the datagram and its padding may be read. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *s, void *to, size_t size)
{
	size_t left = (size_t)(answers_end - answers), n;

	(void)s;
	ASAN_UNPOISON_MEMORY_REGION(to, size);
	if (left < 2) {
		errno = ENOBUFS;
		return -1;
	}
	n = answers[0] | (size_t)answers[1] << 8;
	answers += 2;
	left -= 2;
	n = n < left ? n : left;
	n = n < size ? n : size;
	memset((char *)to + n, 0, MNL_ALIGN(n) - n);
	memcpy(to, answers, n);
	correct(to, n);
	answers += n;
	room = to;
	room_size = size;
	ASAN_POISON_MEMORY_REGION((char *)to + MNL_ALIGN(n), size - MNL_ALIGN(n));
	return (ssize_t)n;
}

static int see_route(const struct rtnl_route *r, void *arg)
{
	*(unsigned *)arg += r->link;
	return 0;
}

static int see_chain(const struct nft_chain *c, void *arg)
{
	if (!memchr(c->name, '\0', sizeof(c->name)) || !memchr(c->table, '\0', sizeof(c->table)))
		abort();
	*(unsigned *)arg += c->hook;
	return 0;
}

static void ask_nft(int question)
{
	struct nft_element x = {.family = NFPROTO_INET, .set = "ports"};
	own_strv struct strv links = {0};
	unsigned sum = 0;
	struct err e;

	nft_value_add(&x.key, "\1\2\3\4", 4, "1.2.3.4");
	nft_value_add(&x.data, "\5\6\7\10", 4, "5.6.7.8");
	switch (question) {
	case 5:
		nft_has_tables("ct_x");
		break;
	case 6:
		nft_links("ct_", "ct_x", "opened", &links, &e);
		break;
	case 7:
		nft_chains(see_chain, &sum, &e);
		break;
	case 8:
		nft_elements(NULL, "ct_x", NFT_CREATE, &x, 1, &e);
		break;
	default:
		nft_elements(NULL, "ct_x", NFT_DELETE, &x, 1, &e);
	}
}

static void ask_rtnl(struct netlink *n, int question)
{
	struct in_addr address = {.s_addr = 1};
	struct rtnl_link link;
	unsigned sum = 0;
	struct err e;

	switch (question) {
	case 0:
		rtnl_find(n, "eth0", &link, &e);
		break;
	case 1:
		rtnl_routes(n, see_route, &sum, &e);
		break;
	case 2:
		rtnl_link_to(n, address);
		break;
	case 3:
		rtnl_forwards(n, -1);
		break;
	default:
		rtnl_up(n, "eth0", true, &e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_netlink struct netlink *rtnl = NULL;
	struct err e;

	if (n == 0)
		return 0;
	answers = data + 1;
	answers_end = data + n;
	rtnl = rtnl_open(-1, &e);
	if (*data % 10 < 5)
		ask_rtnl(rtnl, *data % 10);
	else
		ask_nft(*data % 10);
	if (room)
		ASAN_UNPOISON_MEMORY_REGION(room, room_size);
	room = NULL;
	return 0;
}
