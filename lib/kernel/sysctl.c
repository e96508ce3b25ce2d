#include "kernel/sysctl.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

static bool is_of_ipc(const char *path)
{
	static const char *const names[] = {
		"kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem",
		"kernel/shmall", "kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_equal(path, names[i]))
			return true;
	return str_starts(path, "fs/mqueue/");
}

/* "." and ".." would lead elsewhere. */
static bool is_plain(const char *path)
{
	own_strv struct strv parts = {0};

	strv_split(&parts, path, '/');
	for (size_t i = 0; i < parts.n; i++)
		if (!*parts.v[i] || str_equal(parts.v[i], ".") || str_equal(parts.v[i], ".."))
			return false;
	return true;
}

int sysctl_read(const char *text, char **path, const char **value, enum sysctl_kind *kind,
		struct err *e)
{
	const char *equals = strchr(text, '=');
	own_str char *name = NULL;

	if (!equals || equals == text)
		return err_set(e, "%s: not NAME=VALUE", text);
	name = str_dup_n(text, (size_t)(equals - text));
	/* With slashes, a dot is a part of a name (of an interface). */
	for (char *c = strchr(name, '/') ? NULL : name; c && *c; c++)
		if (*c == '.')
			*c = '/';
	*kind = is_of_ipc(name) ? SYSCTL_IPC : SYSCTL_NET;
	if (!is_plain(name) || (*kind == SYSCTL_NET && !str_starts(name, "net/")))
		return err_set(e,
			       "%s: not a setting of a namespace (net.*, fs.mqueue.*, kernel.msg*, "
			       "kernel.sem, kernel.shm*)",
			       text);
	*path = take_ptr(&name);
	*value = equals + 1;
	return 0;
}
