/*
 * Rules of the packet filter, in-process: commands by libnftables, nft(8) says what they
 * mean; questions by nfnetlink itself (libmnl), which costs microseconds where libnftables
 * reads all the rules of the host first. All in the network namespace of the caller, which
 * must not change after the first command.
 */
#ifndef CT_NFT_H
#define CT_NFT_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/*
 * Runs commands; all in one text are done or none is. what: what they are for, in messages
 * ("publish 80/tcp"): nft's own first line follows it. e->sys ENOENT: of something that they
 * change or delete there is none.
 */
int nft_run(const char *what, const char *commands, struct err *e);

/* Whether there are both tables of that name, family inet and family bridge. */
bool nft_has_tables(const char *name);

struct nft_chain {
	uint8_t family;		/* NFPROTO_IPV4, NFPROTO_INET, ... */
	char table[64], name[64];
	unsigned hook;		/* NF_INET_FORWARD, ... */
	bool drops;		/* its policy is to drop */
};
/*
 * Calls one for each chain that hangs on a hook, in whoever's table. one gives a number above 0
 * to end it, which is returned.
 */
int nft_chains(int (*one)(const struct nft_chain *, void *arg), void *arg, struct err *e);

#endif
