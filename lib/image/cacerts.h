/*
 * The certificates that a host may be known by, besides the system's: those
 * of SSL_CERT_FILE, which stand instead of the system's file as they do for other
 * programs, and the authorities that docker and podman keep a host
 * (containers-certs.d(5)): /etc/containers/certs.d/HOST[:PORT]/NAME.crt and
 * /etc/docker/certs.d/HOST[:PORT]/NAME.crt.
 */
#ifndef CT_CACERTS_H
#define CT_CACERTS_H

struct buf;
struct err;

/* Adds their PEM text to out: nothing, if there is none but the system's. host: HOST[:PORT] of a
 * URL. */
int cacerts_for(const char *host, struct buf *out, struct err *e);

#endif
