/*
 * Finds the certificates to trust for a host, besides the system's. SSL_CERT_FILE replaces the
 * system's file, as in other programs. The certificate authorities that docker and podman keep for
 * a host (containers-certs.d(5)) are added: /etc/containers/certs.d/HOST[:PORT]/NAME.crt and
 * /etc/docker/certs.d/HOST[:PORT]/NAME.crt.
 */
#ifndef CT_CACERTS_H
#define CT_CACERTS_H

struct buf;
struct err;

/*
 * Appends the certificates' PEM text to out; nothing if only the system's are trusted. host:
 * HOST[:PORT] of a URL.
 */
int cacerts_for(const char *host, struct buf *out, struct err *e);

#endif
