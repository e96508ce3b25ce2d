/* The console socket of an OCI runtime: the engine that called us gets the terminal's master. */
#ifndef CT_CONSOLESOCKET_H
#define CT_CONSOLESOCKET_H

struct err;

/*
 * Sends *master to the socket at path and closes it. path NULL: does nothing, the caller keeps the
 * master. *master -1: there is no terminal.
 */
int consolesocket_send(const char *path, int *master, struct err *e);

#endif
