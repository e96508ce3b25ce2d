/* Kernel settings that belong to a namespace: --sysctl NAME=VALUE (sysctl(8)). */
#ifndef CT_SYSCTL_H
#define CT_SYSCTL_H

struct err;

enum sysctl_kind {
	SYSCTL_NET, /* of a network namespace */
	SYSCTL_IPC, /* of an IPC namespace */
};

/*
 * Splits "net.ipv4.ip_forward=1" (or with slashes) into the path beneath /proc/sys, which the
 * caller frees, and the value, a part of text. Fails if the setting belongs to no namespace: it
 * would change the host.
 */
int sysctl_read(const char *text, char **path, const char **value, enum sysctl_kind *kind,
		struct err *e);

#endif
