/*
 * Ports of the host at which a container is reached: how they are written, and the sockets
 * that hold them, so that nobody else on the host takes them.
 */
#ifndef CT_PORT_H
#define CT_PORT_H

#include "net/rules.h"

struct err;

/* Some ports in a row. */
struct port_range {
	struct in_addr host; /* 0: any address */
	uint16_t host_port;  /* the first one; 0: whichever are free */
	uint16_t to_port;
	unsigned count;
	bool udp;
};

/* "[[IP:]HOST[-HOST]:]CTR[-CTR][/tcp|/udp]", HOST may be left out ("IP::CTR"). The error names the
 * text. */
int port_read(const char *text, struct port_range *out, struct err *e);

/* "[IP:]HOST[-HOST][/tcp|/udp]": ports of the host alone. */
int port_read_host(const char *text, struct port_range *out, struct err *e);

#define PORT_TEXT 32
/* As a user says it: "8080/tcp", "127.0.0.1:8080/tcp". */
void port_text(const struct rules_port *p, char out[PORT_TEXT]);

/* Published ports, each with the socket that holds it. */
struct ports {
	struct rules_port *v;
	int *fd;
	size_t n;
};
void ports_close(struct ports *p);
#define own_ports __attribute__((cleanup(ports_close)))

/*
 * Takes all of a range, for a container with that address, and adds them. e->sys EADDRINUSE:
 * one is taken; those that were held by then are in out too.
 */
int ports_hold(struct ports *out, const struct port_range *r, struct in_addr to, struct err *e);
/* One more that is held already; takes the descriptor. */
void ports_add(struct ports *out, const struct rules_port *p, int fd);
/* Lets a port go; false: it is not among them. The same port is one of the same address, number and
 * protocol. */
bool ports_drop(struct ports *p, const struct rules_port *which);

#endif
