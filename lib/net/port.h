/*
 * Published ports: their syntax, and the bound sockets that reserve them, so that no other program
 * of the host takes them.
 */
#ifndef CT_PORT_H
#define CT_PORT_H

#include "net/rules.h"

struct err;

/* A range of consecutive ports. */
struct port_range {
	struct in_addr host; /* 0: any address */
	uint16_t host_port;  /* the first port; 0: choose free ports */
	uint16_t to_port;
	unsigned count;
	bool udp;
};

/* Reads "[[IP:]HOST[-HOST]:]CTR[-CTR][/tcp|/udp]"; HOST may be empty ("IP::CTR"). Errors name the
 * text. */
int port_read(const char *text, struct port_range *out, struct err *e);

/* Reads "[IP:]HOST[-HOST][/tcp|/udp]", host ports only. */
int port_read_host(const char *text, struct port_range *out, struct err *e);

/* Port i of a range, published for the container with address to. host_port 0: to be chosen. */
struct rules_port port_of(const struct port_range *r, unsigned i, struct in_addr to);

#define PORT_TEXT 32
/* Writes the host port as users write it: "8080/tcp", "127.0.0.1:8080/tcp". */
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
 * Reserves all ports of a range for the container with address to, and adds them to out. e->sys
 * EADDRINUSE: a port is in use; out then also has the ports that were reserved before it.
 */
int ports_hold(struct ports *out, const struct port_range *r, struct in_addr to, struct err *e);
/* Adds a port that is already reserved; takes ownership of the descriptor (-1: none). */
void ports_add(struct ports *out, const struct rules_port *p, int fd);
/* Releases the port with the same address, number and protocol; false if it is not in p. */
bool ports_drop(struct ports *p, const struct rules_port *which);

#endif
