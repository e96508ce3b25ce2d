#include "exe.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "fd.h"
#include "own.h"
#include "str.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, ARGS_MAX = 8 << 20 };

static int copy(int from, int to)
{
	struct stat st;
	off_t done = 0;

	if (fstat(from, &st) < 0)
		return -1;
	while (done < st.st_size)
		if (sendfile(to, from, &done, (size_t)(st.st_size - done)) <= 0)
			return -1;
	return fcntl(to, F_ADD_SEALS, SEALS);
}

static bool has_seals(int exe)
{
	return fcntl(exe, F_GET_SEALS) == SEALS;
}

bool exe_sealed(void)
{
	own_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	return self >= 0 && has_seals(self);
}

char *exe_beside(const char *name)
{
	char self[PATH_MAX];
	ssize_t n = exe_sealed() ? -1 : readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return str_fmt("%s/%s", self, name);
}

int exe_seal(struct err *e)
{
	own_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), sealed = -1;
	own_strv struct strv args = {0};
	own_buf struct buf text = {0};

	if (self < 0)
		return err_sys(e, "/proc/self/exe");
	if (has_seals(self))
		return 0;
	if (file_read(AT_FDCWD, "/proc/self/cmdline", ARGS_MAX, &text, e) < 0)
		return -1;
	for (const char *p = text.data; p < text.data + text.len; p += strlen(p) + 1)
		strv_add(&args, p);
	sealed = memfd_create(args.n ? args.v[0] : "ct", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (sealed < 0 || copy(self, sealed) < 0)
		return err_sys(e, "copy ourselves");
	fexecve(sealed, args.v, environ);
	return err_sys(e, "execute our copy");
}
