/* IPv4 subnets and their addresses, in network byte order as in struct in_addr. */
#ifndef CT_SUBNET_H
#define CT_SUBNET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

struct subnet {
	struct in_addr address; /* the subnet's address, or a host's address in it */
	unsigned prefix;
};

#define SUBNET_TEXT 20
/* Reads "10.142.0.0/16". The host part must be 0. The error names the text. */
int subnet_read(const char *text, struct subnet *out, struct err *e);
void subnet_text(const struct subnet *s, char out[SUBNET_TEXT]);

bool subnet_overlap(const struct subnet *a, const struct subnet *b);

/*
 * The number of addresses in a subnet, and conversion between an address and its number: 0 is
 * the subnet's own address, the last one is the broadcast address.
 */
uint64_t subnet_size(const struct subnet *s);
struct in_addr subnet_at(const struct subnet *s, uint64_t number);
uint64_t subnet_number(const struct subnet *s, struct in_addr a);

/* The MAC address that belongs to an IPv4 address: 02:42 and its four bytes. */
void subnet_mac(struct in_addr a, uint8_t mac[6]);

#endif
