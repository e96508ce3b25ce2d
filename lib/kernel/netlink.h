/*
 * Netlink sockets (libmnl; netlink(7)). A request is built message by message, then
 * sent at once and awaited. A question is one message with answers. rtnl.h and nft.h
 * use these functions.
 *
 * A network operation is one function, which adds to the request its messages and the shell
 * commands that do the same. The target of the request is the kernel, or a text that gets the
 * commands instead (--dry-run).
 */
#ifndef CT_NETLINK_H
#define CT_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct netlink;
struct nlattr;
struct nlmsghdr;

/*
 * Opens a socket. bus: NETLINK_ROUTE or NETLINK_NETFILTER. netns: a descriptor of another
 * network namespace, which the caller enters for a moment to open the socket there, or -1.
 * NULL with the error.
 */
struct netlink *netlink_open(int bus, int netns, struct err *e);
/* A target that gets the shell commands of each request, and sends nothing. */
struct netlink *netlink_text(struct buf *to);
/* The text into which n writes shell lines; NULL: n is a socket or NULL. */
struct buf *netlink_text_of(const struct netlink *n);
void netlink_close(struct netlink **n);
#define own_netlink __attribute__((cleanup(netlink_close)))

enum { NETLINK_MESSAGES = 6, NETLINK_ROOM = 512 }; /* messages of a request; bytes of each */

/* The socket's descriptor, for holders that keep the socket open. */
int netlink_fd(const struct netlink *n);

/*
 * Starts one more message of the request. *fixed points to its zeroed fixed
 * part of `size` bytes.
 */
struct nlmsghdr *netlink_begin(struct netlink *n, int type, int flags, size_t size, void *fixed);
/* Completes the message. may_exist: EEXIST counts as success. */
void netlink_end(struct netlink *n, const struct nlmsghdr *m, bool may_exist);
/* Adds a line of shell that does the same as messages of the request. */
void netlink_shell(struct netlink *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Whether the request has no message yet. */
bool netlink_empty(const struct netlink *n);

/*
 * Sends the request and waits until all its messages are processed. Each message has NLM_F_ACK,
 * except those that only frame a batch. 0, or -1 with the errno of the first failed message;
 * the messages after it are processed nevertheless. With --explain, prints the request and its
 * shell.
 */
int netlink_act(struct netlink *n);

/*
 * Sends the single question of the request and calls one for each answer, which has at least the
 * fixed part that the question had. A value above 0 from one stops the calls and is returned. 0:
 * one never returned such a value; -1 with errno (EBADMSG: an answer is too short).
 */
int netlink_ask(struct netlink *n, int (*one)(const struct nlmsghdr *m, void *arg), void *arg);

/* The value of an answer's attribute; 0 and "" if the attribute does not have this form. */
uint32_t netlink_u32(const struct nlattr *a);
const char *netlink_str(const struct nlattr *a);

#endif
