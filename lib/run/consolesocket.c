#include "run/consolesocket.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"

int consolesocket_send(const char *path, int *master, struct err *e)
{
	static const char name[] = "/dev/ptmx";
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	own_fd int sock = -1;

	if (!path || *master < 0)
		return 0;
	if (strlen(path) >= sizeof(a.sun_path))
		return err_set(e, "console socket %s: the path is too long", path);
	strcpy(a.sun_path, path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* It was opened with O_NONBLOCK; a receiver expects reads that wait. */
	if (sock < 0 || fcntl(*master, F_SETFL, 0) < 0 ||
	    connect(sock, (const struct sockaddr *)&a, sizeof(a)) < 0 ||
	    fd_send(sock, name, sizeof(name) - 1, master, 1) < 0)
		return err_sys(e, "console socket %s", path);
	shut_fd(master);
	return 0;
}
