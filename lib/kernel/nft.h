/*
 * Rules of nftables by nfnetlink (libmnl): queries, and the elements that every run adds and
 * deletes. This takes microseconds, while libnftables (nftrun.h) reads all rules of the host first.
 * Everything happens in the caller's network namespace, which must not change after the first call.
 *
 * The socket stays open: after a deletion, closing it waits until the kernel has freed the element
 * (5 to 25 ms). At the program's exit a separate process waits for that.
 */
#ifndef CT_NFT_H
#define CT_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/nftrun.h"

struct buf;
struct err;
struct strv;

/* Whether both tables of that name exist, of the families inet and bridge. */
bool nft_has_tables(const char *name);

/* The key or the data of an element: its parts in the form of a message (each in network byte
 * order, padded to 4 bytes) and in the form of nft(8). */
struct nft_value {
	uint8_t bytes[32];
	size_t len;
	char text[80];
};
/* Adds a part of `size` bytes, with its form in nft(8). */
void nft_value_add(struct nft_value *v, const void *part, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* An element of a set or, with data, of a map. */
struct nft_element {
	uint8_t family; /* family of the table: NFPROTO_INET or NFPROTO_BRIDGE */
	const char *set;
	struct nft_value key, data; /* data.len 0: an element of a set */
};
enum nft_verb { NFT_ADD, NFT_CREATE, NFT_DELETE };
/*
 * Adds or deletes elements, one after the other; the error is that of the first failure, and the
 * rest is still processed. Adding an existing element with other data is an error (e->sys EEXIST),
 * with the same data it succeeds, except with NFT_CREATE. With data, only an element with this data
 * is deleted; deleting a missing element succeeds.
 *
 * commands: NULL for the kernel. A text gets the commands of nft(8) instead, one a line.
 */
int nft_elements(struct buf *commands, const char *table, enum nft_verb verb,
		 const struct nft_element *v, size_t n, struct err *e);

/*
 * Adds to out the elements of the set with that name, a set of interface names, of each inet table
 * whose name begins with prefix, except the table `but` (NULL: none).
 */
int nft_links(const char *prefix, const char *but, const char *set, struct strv *out,
	      struct err *e);

struct nft_chain {
	uint8_t family; /* NFPROTO_IPV4, NFPROTO_INET, ... */
	char table[64], name[64];
	unsigned hook; /* NF_INET_FORWARD, ... */
	bool drops;    /* its policy is drop */
};
/*
 * Calls one for each base chain, in the tables of all programs. A value above 0 from one stops the
 * calls and is returned.
 */
int nft_chains(int (*one)(const struct nft_chain *, void *arg), void *arg, struct err *e);

#endif
