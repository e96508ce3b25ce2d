/* Any bytes as a file of environment variables. The settings together are not longer than the file.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "files.h"
#include "run/envfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_fd int fd = memfd_create("env", MFD_CLOEXEC);
	own_str char *path = str_fmt("/proc/self/fd/%d", fd);
	own_strv struct strv settings = {0};
	size_t taken = 0;
	struct err e;

	if (fd < 0 || fd_write_all(fd, data, n) < 0)
		abort();
	if (envfile_read(path, &settings, &e) < 0)
		return 0;
	for (size_t i = 0; i < settings.n; i++) {
		taken += strlen(settings.v[i]);
		if (*settings.v[i] == '=' || strchr(settings.v[i], '\n'))
			abort();
	}
	if (taken > n)
		abort();
	return 0;
}
