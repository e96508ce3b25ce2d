#include "base/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/own.h"

int notify_ready(struct err *e)
{
	static const char message[] = "READY=1";
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const char *name = getenv("NOTIFY_SOCKET");
	size_t length = name ? strlen(name) : 0;
	own_fd int fd = -1;

	if (length == 0)
		return 0;
	if ((*name != '/' && *name != '@') || length >= sizeof(at.sun_path))
		return err_set(e, "NOTIFY_SOCKET: not the address of a socket: %s", name);
	memcpy(at.sun_path, name, length);
	if (*name == '@') /* an abstract socket */
		at.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, message, sizeof(message) - 1, MSG_NOSIGNAL, (struct sockaddr *)&at,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		return err_sys(e, "NOTIFY_SOCKET: %s", name);
	return 0;
}
