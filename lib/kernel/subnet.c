#include "kernel/subnet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"

static uint32_t mask(unsigned prefix)
{
	return prefix ? htonl(~0U << (32 - prefix)) : 0;
}

int subnet_read(const char *text, struct subnet *out, struct err *e)
{
	const char *slash = strchr(text, '/');
	own_str char *address = str_dup_n(text, slash ? (size_t)(slash - text) : 0);
	uint64_t prefix;

	if (!slash || inet_pton(AF_INET, address, &out->address) != 1 ||
	    num_uint(slash + 1, 0, 32, &prefix, e) < 0)
		return err_set(e, "%.40s: not a subnet (as 10.142.0.0/16)", text);
	out->prefix = (unsigned)prefix;
	if (out->address.s_addr & ~mask(out->prefix))
		return err_set(e, "%s: not a subnet: only the first %u bits may be other than 0",
			       text, out->prefix);
	return 0;
}

void subnet_text(const struct subnet *s, char out[SUBNET_TEXT])
{
	char address[INET_ADDRSTRLEN];

	snprintf(out, SUBNET_TEXT, "%s/%u",
		 inet_ntop(AF_INET, &s->address, address, sizeof(address)), s->prefix);
}

bool subnet_overlap(const struct subnet *a, const struct subnet *b)
{
	return !((a->address.s_addr ^ b->address.s_addr) &
		 mask(a->prefix < b->prefix ? a->prefix : b->prefix));
}

uint64_t subnet_size(const struct subnet *s)
{
	return 1ULL << (32 - s->prefix);
}

struct in_addr subnet_at(const struct subnet *s, uint64_t number)
{
	return (struct in_addr){.s_addr = (s->address.s_addr & mask(s->prefix)) |
					htonl((uint32_t)number)};
}

uint64_t subnet_number(const struct subnet *s, struct in_addr a)
{
	return ntohl(a.s_addr & ~mask(s->prefix));
}

void subnet_mac(struct in_addr a, uint8_t mac[6])
{
	mac[0] = 0x02;
	mac[1] = 0x42;
	memcpy(mac + 2, &a.s_addr, 4);
}
