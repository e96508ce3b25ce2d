/* The service manager that has started this program: systemd and its NOTIFY_SOCKET (sd_notify(3)). */
#ifndef CT_NOTIFY_H
#define CT_NOTIFY_H

struct err;

/* Reports that the service has started. Does nothing if no service manager waits for it. */
int notify_ready(struct err *e);

#endif
