#include "kernel/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"

struct netlink {
	struct mnl_socket *socket; /* NULL: the target is a text */
	int bus;
	struct buf *text;
	struct buf shell;  /* that does the same as the request being built */
	uint32_t sequence; /* of the last message */
	size_t fixed;      /* bytes of its fixed part */
	/* The request being built. */
	char out[NETLINK_MESSAGES * NETLINK_ROOM];
	size_t used;
	/* number of messages; bit masks: EEXIST is success, an acknowledgement is requested */
	unsigned n, may_exist, asked;
	char in[32768];
};

enum { MAX_ERRNO = 4095 }; /* of the kernel */

static struct mnl_socket *open_here(int bus, struct err *e)
{
	struct mnl_socket *s = mnl_socket_open2(bus, SOCK_CLOEXEC);

	if (s && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == 0)
		return s;
	err_sys(e, "netlink socket: open");
	if (s)
		mnl_socket_close(s);
	return NULL;
}

static struct mnl_socket *open_there(int bus, int netns, struct err *e)
{
	own_fd int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct mnl_socket *s;

	if (back < 0 || setns(netns, CLONE_NEWNET) < 0) {
		err_sys(e, "netlink socket: enter its network namespace");
		return NULL;
	}
	s = open_here(bus, e);
	if (setns(back, CLONE_NEWNET) == 0)
		return s;
	err_sys(e, "netlink socket: return to our network namespace");
	if (s)
		mnl_socket_close(s);
	return NULL;
}

struct netlink *netlink_open(int bus, int netns, struct err *e)
{
	struct mnl_socket *s = netns < 0 ? open_here(bus, e) : open_there(bus, netns, e);
	struct netlink *n = s ? mem_alloc(sizeof(*n)) : NULL;

	if (n) {
		n->socket = s;
		n->bus = bus;
	}
	return n;
}

struct netlink *netlink_text(struct buf *to)
{
	struct netlink *n = mem_alloc(sizeof(*n));

	n->text = to;
	return n;
}

struct buf *netlink_text_of(const struct netlink *n)
{
	return n ? n->text : NULL;
}

void netlink_close(struct netlink **n)
{
	if (!*n)
		return;
	if ((*n)->socket)
		mnl_socket_close((*n)->socket);
	buf_free(&(*n)->shell);
	free(*n);
	*n = NULL;
}

int netlink_fd(const struct netlink *n)
{
	return mnl_socket_get_fd(n->socket);
}

struct nlmsghdr *netlink_begin(struct netlink *n, int type, int flags, size_t size, void *fixed)
{
	struct nlmsghdr *m;

	if (!n->n)
		n->used = n->may_exist = n->asked = 0;
	memset(n->out + n->used, 0, NETLINK_ROOM);
	m = mnl_nlmsg_put_header(n->out + n->used);
	m->nlmsg_type = (uint16_t)type;
	m->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	m->nlmsg_seq = ++n->sequence;
	n->fixed = size;
	*(void **)fixed = mnl_nlmsg_put_extra_header(m, size);
	return m;
}

void netlink_end(struct netlink *n, const struct nlmsghdr *m, bool may_exist)
{
	n->used += MNL_ALIGN(m->nlmsg_len);
	n->asked |= (unsigned)!!(m->nlmsg_flags & NLM_F_ACK) << n->n;
	n->may_exist |= (unsigned)may_exist << n->n++;
}

void netlink_shell(struct netlink *n, const char *fmt, ...)
{
	own_str char *line = NULL;
	va_list ap;

	if (!n->text && explain_fd < 0)
		return;
	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) < 0)
		abort();
	va_end(ap);
	buf_fmt(&n->shell, "%s\n", line);
}

bool netlink_empty(const struct netlink *n)
{
	return n->n == 0;
}

/* Sends the request and returns the number of its messages. */
static int transmit(struct netlink *n)
{
	int count = (int)n->n;

	n->n = 0;
	return mnl_socket_sendto(n->socket, n->out, n->used) < 0 ? -1 : count;
}

static int receive(struct netlink *n)
{
	ssize_t size;

	do
		size = mnl_socket_recvfrom(n->socket, n->in, sizeof(n->in));
	while (size < 0 && errno == EINTR);
	return (int)size;
}

/* The error code of a message; 0: success. */
static int error_of(const struct nlmsghdr *m)
{
	const struct nlmsgerr *said = mnl_nlmsg_get_payload(m);

	if (mnl_nlmsg_get_payload_len(m) < sizeof(said->error) || said->error > 0 ||
	    said->error < -MAX_ERRNO)
		return EBADMSG;
	return -said->error;
}

/* Adds "RTM_NEWLINK", once for messages of the same type in a row. */
static void put_type(int bus, const struct nlmsghdr *m, int before, struct buf *to)
{
	enum { NFT = NFNL_SUBSYS_NFTABLES << 8 };
	static const struct {
		int bus, type;
		const char *name;
	} names[] = {
		{NETLINK_ROUTE, RTM_NEWLINK, "RTM_NEWLINK"},
		{NETLINK_ROUTE, RTM_DELLINK, "RTM_DELLINK"},
		{NETLINK_ROUTE, RTM_NEWLINKPROP, "RTM_NEWLINKPROP"},
		{NETLINK_ROUTE, RTM_NEWADDR, "RTM_NEWADDR"},
		{NETLINK_ROUTE, RTM_NEWROUTE, "RTM_NEWROUTE"},
		{NETLINK_NETFILTER, NFNL_MSG_BATCH_BEGIN, "NFNL_MSG_BATCH_BEGIN"},
		{NETLINK_NETFILTER, NFT | NFT_MSG_NEWSETELEM, "NFT_MSG_NEWSETELEM"},
		{NETLINK_NETFILTER, NFT | NFT_MSG_DELSETELEM, "NFT_MSG_DELSETELEM"},
		{NETLINK_NETFILTER, NFNL_MSG_BATCH_END, "NFNL_MSG_BATCH_END"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].bus == bus && names[i].type == m->nlmsg_type &&
		    m->nlmsg_type != before)
			buf_fmt(to, "%s%s", to->len ? ", " : "", names[i].name);
}

static void explain_request(const struct netlink *n, long sent)
{
	own_buf struct buf types = {0};
	const struct nlmsghdr *m = (const void *)n->out;
	int left = (int)n->used, before = 0;

	if (explain_fd < 0)
		return;
	for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
		put_type(n->bus, m, before, &types);
		before = m->nlmsg_type;
	}
	explain_call(n->shell.len ? n->shell.data : "", sent, "sendto(%d, {%s}, %zu)",
		     netlink_fd(n), types.len ? types.data : "", n->used);
}

/* Appends the shell to the text, and forgets the messages. */
static int write_text(struct netlink *n)
{
	if (n->shell.len)
		buf_str(n->text, n->shell.data);
	buf_free(&n->shell);
	n->n = 0;
	return 0;
}

static int send_and_wait(struct netlink *n)
{
	uint32_t first = n->sequence - n->n + 1, at;
	int count = transmit(n), left = count < 0 ? -1 : __builtin_popcount(n->asked), failed = 0,
	    size, error;
	const struct nlmsghdr *m;

	while (left) {
		size = left < 0 ? -1 : receive(n);
		if (size < 0)
			return -1;
		for (m = (void *)n->in; mnl_nlmsg_ok(m, size); m = mnl_nlmsg_next(m, &size)) {
			at = m->nlmsg_seq - first;
			if (m->nlmsg_type != NLMSG_ERROR || at >= (uint32_t)count)
				continue;
			error = error_of(m);
			if (!(n->asked >> at & 1)) {
				/*
				 * The kernel refused the frame of a batch, and with
				 * it all its messages.
				 */
				errno = error;
				return -1;
			}
			left--;
			if (!failed && !(error == EEXIST && n->may_exist & 1U << at))
				failed = error;
		}
	}
	errno = failed;
	return failed ? -1 : 0;
}

int netlink_act(struct netlink *n)
{
	int failed = n->text ? write_text(n) : send_and_wait(n);

	if (!n->text)
		explain_request(n, failed ? -1 : (long)n->used);
	buf_free(&n->shell);
	return failed;
}

int netlink_ask(struct netlink *n, int (*one)(const struct nlmsghdr *m, void *arg), void *arg)
{
	const struct nlmsghdr *m;
	int got = 0, size;

	if (transmit(n) < 0)
		return -1;
	while ((size = receive(n)) >= 0)
		for (m = (void *)n->in; mnl_nlmsg_ok(m, size); m = mnl_nlmsg_next(m, &size)) {
			if (m->nlmsg_seq != n->sequence)
				continue;
			if (m->nlmsg_type == NLMSG_DONE)
				return got;
			if (m->nlmsg_type == NLMSG_ERROR) {
				errno = error_of(m);
				return got ? got : -(errno != 0);
			}
			if (mnl_nlmsg_get_payload_len(m) < n->fixed) {
				errno = EBADMSG;
				return -1;
			}
			if (!got)
				got = one(m, arg);
			if (!(m->nlmsg_flags & NLM_F_MULTI))
				return got;
		}
	return -1;
}

uint32_t netlink_u32(const struct nlattr *a)
{
	return mnl_attr_validate(a, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32(a);
}

const char *netlink_str(const struct nlattr *a)
{
	return mnl_attr_validate(a, MNL_TYPE_NUL_STRING) < 0 ? "" : mnl_attr_get_str(a);
}
