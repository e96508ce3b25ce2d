/*
 * Netlink sockets (libmnl; netlink(7)): requests put together message by message, sent at
 * once and waited for, and questions with their answers. rtnl.h and nft.h are made of it.
 */
#ifndef CT_NETLINK_H
#define CT_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct netlink;
struct nlmsghdr;

/*
 * bus: NETLINK_ROUTE, NETLINK_NETFILTER. netns: a descriptor of another network namespace
 * to open it in (the caller enters it for that moment), or -1. NULL with the error.
 */
struct netlink *netlink_open(int bus, int netns, struct err *e);
void netlink_close(struct netlink **n);
#define own_netlink __attribute__((cleanup(netlink_close)))

enum { NETLINK_MESSAGES = 6, NETLINK_ROOM = 512 }; /* of a send; bytes of each message */

/* Its descriptor, to be kept open elsewhere too. */
int netlink_fd(const struct netlink *n);

/* One more message of the send; *fixed points at its fixed part of that size, all 0. */
struct nlmsghdr *netlink_begin(struct netlink *n, int type, int flags, size_t size, void *fixed);
/* It is complete. may_exist: its EEXIST is success. */
void netlink_end(struct netlink *n, const struct nlmsghdr *m, bool may_exist);
/* Whether nothing has been put together. */
bool netlink_empty(const struct netlink *n);

/*
 * Sends what was put together (each message with NLM_F_ACK, but for those that only frame
 * others) and waits until all of it is done. 0, or -1 with errno: of the first that failed; those
 * after it are done all the same.
 */
int netlink_act(struct netlink *n);

/*
 * Sends the one question that was put together, and calls one for each answer until it gives
 * a number above 0, which is returned. 0: it never did; -1 with errno.
 */
int netlink_ask(struct netlink *n, int (*one)(const struct nlmsghdr *m, void *arg), void *arg);

#endif
