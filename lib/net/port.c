#include "net/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"

/* --- syntax --- */

static int read_number(const char *text, uint16_t *out)
{
	struct err ignored;
	uint64_t v;

	if (num_uint(text, 1, 65535, &v, &ignored) < 0)
		return -1;
	*out = (uint16_t)v;
	return 0;
}

/* Reads "80" or "80-89", modifying the text; returns the number of ports. */
static int read_numbers(char *text, uint16_t *first, unsigned *count)
{
	char *dash = strchr(text, '-');
	uint16_t last;

	if (dash)
		*dash++ = '\0';
	if (read_number(text, first) < 0 || read_number(dash ? dash : text, &last) < 0 ||
	    last < *first)
		return -1;
	*count = (unsigned)last - *first + 1;
	return 0;
}

/* Upper or lower case, as in docker and podman: image configs and compose files have "80/TCP". */
static bool read_protocol(char *text, bool *udp)
{
	char *slash = strchr(text, '/');

	*udp = slash && strcasecmp(slash, "/udp") == 0;
	if (!slash)
		return true;
	if (!*udp && strcasecmp(slash, "/tcp") != 0)
		return false;
	*slash = '\0';
	return true;
}

/* Splits the text at ":"; the last part is the container's. */
static bool read_parts(const struct strv *parts, struct port_range *out)
{
	char *const *v = parts->v;
	size_t n = parts->n;
	unsigned count;

	if (n < 1 || n > 3 || read_numbers(v[n - 1], &out->to_port, &out->count) < 0)
		return false;
	if (n == 3 && inet_pton(AF_INET, v[0], &out->host) != 1)
		return false;
	if (n < 2 || (n == 3 && !*v[1]))
		return true;
	return read_numbers(v[n - 2], &out->host_port, &count) == 0 && count == out->count;
}

int port_read(const char *text, struct port_range *out, struct err *e)
{
	own_str char *copy = str_dup(text);
	own_strv struct strv parts = {0};

	*out = (struct port_range){0};
	if (!read_protocol(copy, &out->udp))
		return err_set(e, "%s: not a port: /tcp or /udp", text);
	strv_split(&parts, copy, ':');
	if (!read_parts(&parts, out))
		return err_set(
			e,
			"%s: not [[IP:]PORT[-PORT]:]PORT[-PORT][/udp], with as many on both sides",
			text);
	return 0;
}

int port_read_host(const char *text, struct port_range *out, struct err *e)
{
	own_str char *copy = str_dup(text);
	own_strv struct strv parts = {0};
	bool good;

	*out = (struct port_range){0};
	good = read_protocol(copy, &out->udp);
	strv_split(&parts, copy, ':');
	good = good && parts.n >= 1 && parts.n <= 2 &&
		(parts.n == 1 || inet_pton(AF_INET, parts.v[0], &out->host) == 1) &&
		read_numbers(parts.v[parts.n - 1], &out->host_port, &out->count) == 0;
	return good ? 0 : err_set(e, "%s: not [IP:]PORT[-PORT][/udp]", text);
}

struct rules_port port_of(const struct port_range *r, unsigned i, struct in_addr to)
{
	return (struct rules_port){.host = r->host,
				   .to = to,
				   .udp = r->udp,
				   .to_port = (uint16_t)(r->to_port + i),
				   .host_port = (uint16_t)(r->host_port ? r->host_port + i : 0)};
}

void port_text(const struct rules_port *p, char out[PORT_TEXT])
{
	char address[INET_ADDRSTRLEN] = "";

	if (p->host.s_addr)
		inet_ntop(AF_INET, &p->host, address, sizeof(address));
	snprintf(out, PORT_TEXT, "%s%s%u/%s", address, *address ? ":" : "", p->host_port,
		 p->udp ? "udp" : "tcp");
}

/* --- the sockets --- */

void ports_close(struct ports *p)
{
	for (size_t i = 0; i < p->n; i++)
		own_close(&p->fd[i]);
	free(p->v);
	free(p->fd);
	*p = (struct ports){0};
}

void ports_add(struct ports *out, const struct rules_port *p, int fd)
{
	out->v = mem_grow_one(out->v, out->n, sizeof(*out->v));
	out->fd = mem_grow_one(out->fd, out->n, sizeof(*out->fd));
	out->v[out->n] = *p;
	out->fd[out->n++] = fd;
}

bool ports_drop(struct ports *p, const struct rules_port *which)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].host.s_addr != which->host.s_addr ||
		    p->v[i].host_port != which->host_port || p->v[i].udp != which->udp)
			continue;
		own_close(&p->fd[i]);
		p->n--;
		p->v[i] = p->v[p->n];
		p->fd[i] = p->fd[p->n];
		return true;
	}
	return false;
}

/*
 * Binds a socket, so that no other program can bind the port. A TCP socket also listens: a
 * listening port is reserved even with SO_REUSEADDR, which is needed because of old connections in
 * TIME_WAIT. The filter drops every packet that the rules do not forward to the container, so
 * nobody connects to the socket.
 */
static int take(int fd, struct rules_port *p)
{
	static struct sock_filter deaf = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog filter = {1, &deaf};
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_addr = p->host, .sin_port = htons(p->host_port)};
	socklen_t len = sizeof(a);
	int yes = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
	    (!p->udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0) ||
	    bind(fd, (struct sockaddr *)&a, len) < 0 || (!p->udp && listen(fd, 1) < 0) ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return -1;
	p->host_port = ntohs(a.sin_port);
	return 0;
}

static int hold(struct rules_port *p, struct err *e)
{
	own_fd int fd = socket(AF_INET, (p->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	char text[PORT_TEXT];

	if (fd >= 0 && take(fd, p) == 0)
		return take_fd(&fd);
	port_text(p, text);
	return err_sys(e, "port %s", text);
}

int ports_hold(struct ports *out, const struct port_range *r, struct in_addr to, struct err *e)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct rules_port p = port_of(r, i, to);
		int fd = hold(&p, e);

		if (fd < 0)
			return -1;
		ports_add(out, &p, fd);
	}
	return 0;
}
