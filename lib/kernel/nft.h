/*
 * Rules of the packet filter, in-process: commands by libnftables, nft(8) says what they
 * mean; questions, and what every run adds and takes away, by nfnetlink itself (libmnl), which
 * costs microseconds where libnftables reads all the rules of the host first. All in the
 * network namespace of the caller, which must not change after the first command.
 *
 * libnftables is loaded at the first command: hardly any run has one. The socket of the rest is
 * kept: once something was taken away, to close one waits until the kernel has let go of
 * it (5 to 25 ms). A process of its own is left to do that at the program's exit.
 */
#ifndef CT_NFT_H
#define CT_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct strv;

/*
 * Runs commands; all in one text are done or none is. what: what they are for, in messages
 * ("publish 80/tcp"): nft's own first line follows it. e->sys ENOENT: of something that they
 * change or delete there is none.
 */
int nft_run(const char *what, const char *commands, struct err *e);
/* Adds the shell that runs the same commands by nft(8). */
void nft_shell(const char *commands, struct buf *to);

/* Whether there are both tables of that name, family inet and family bridge. */
bool nft_has_tables(const char *name);

/* The key or the data of an element: its parts one after the other, as a message has them (each in
 * network byte order, padded to 4 bytes) and as nft(8) writes them. */
struct nft_value {
	uint8_t bytes[32];
	size_t len;
	char text[80];
};
/* Adds a part of `size` bytes, which nft(8) writes in that way. */
void nft_value_add(struct nft_value *v, const void *part, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* An element of a set or, with data, of a map. */
struct nft_element {
	uint8_t family; /* of the table: NFPROTO_INET or NFPROTO_BRIDGE */
	const char *set;
	struct nft_value key, data; /* data.len 0: of a set */
};
/* Adds the command that adds or deletes the element, with a newline. */
void nft_element_text(const char *table, const char *verb, const struct nft_element *x,
		      struct buf *to);
/*
 * Adds elements, or takes them away, one after the other; none is left out on a failure, which is
 * of the first. To add what is there with other data is one (e->sys EEXIST), to add it as it is
 * is none. With data, only an element that has them is taken away; to take away what is not
 * there is no failure.
 */
int nft_elements(const char *table, bool add, const struct nft_element *v, size_t n, struct err *e);

/*
 * Adds to out the elements of the set of that name, in each table of family inet whose name
 * begins with prefix, but for the table `but` (NULL: all). The set is of names of links.
 */
int nft_links(const char *prefix, const char *but, const char *set, struct strv *out,
	      struct err *e);

struct nft_chain {
	uint8_t family; /* NFPROTO_IPV4, NFPROTO_INET, ... */
	char table[64], name[64];
	unsigned hook; /* NF_INET_FORWARD, ... */
	bool drops;    /* its policy is to drop */
};
/*
 * Calls one for each chain that hangs on a hook, in whoever's table. one gives a number above 0
 * to end it, which is returned.
 */
int nft_chains(int (*one)(const struct nft_chain *, void *arg), void *arg, struct err *e);

#endif
