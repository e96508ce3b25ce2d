/*
 * The files of /etc that are made for each container and mounted over those of the image: hosts,
 * hostname, resolv.conf. They are never written into the image or the snapshot.
 */
#ifndef CT_ETC_H
#define CT_ETC_H

#include <sys/types.h>

struct buf;
struct err;
struct plan;

extern const char *const etc_files[]; /* "hosts", "hostname", "resolv.conf", NULL */

/* As text; own NULL: the container is on no network; gateway NULL: the host is 127.0.0.1. */
struct etc_addresses {
	const char *own;     /* the container's */
	const char *gateway; /* the host's on the container's network */
};

/* Writes the files into dir, owned by the container's root (a host id); hosts and resolv.conf only
 * if they are missing. */
int etc_write(int dir, const struct plan *plan, const char *hostname, uid_t owner, struct err *e);
/* Writes one of the files. */
int etc_put(int dir, const char *name, const struct buf *text, uid_t owner, struct err *e);
/* Writes only hosts; others: lines about other containers. */
int etc_write_hosts(int dir, const struct plan *plan, const char *hostname,
		    const struct etc_addresses *at, const char *others, uid_t owner, struct err *e);

/* The text of one of the files. */
void etc_text(const char *name, const struct plan *plan, const char *hostname,
	      const struct etc_addresses *at, struct buf *out);

/* "HOST:IP" or "HOST:host-gateway" of --add-host; the error names it. */
int etc_check_host(const char *text, struct err *e);
/* An address of --dns. */
int etc_check_dns(const char *text, struct err *e);

#endif
