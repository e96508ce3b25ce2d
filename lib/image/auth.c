#include "image/auth.h"

#include <errno.h>
#include <fcntl.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/jq.h"
#include "base/own.h"
#include "base/record.h"

enum { AUTH_MAX = 1 << 20 };

void auth_free(struct auth *a)
{
	free(a->creds);
	free(a->identity);
	free(a->helper);
	*a = (struct auth){0};
}

/* Adds $variable/file or, if the variable is not set, ~/home/file. */
static void add_file(struct strv *files, const char *variable, const char *home, const char *file)
{
	const char *dir = getenv(variable), *user = getenv("HOME");

	if (dir && *dir)
		strv_take(files, str_fmt("%s/%s", dir, file));
	else if (home && user && *user)
		strv_take(files, str_fmt("%s/%s/%s", user, home, file));
}

static void list_files(struct strv *files)
{
	const char *only = getenv("REGISTRY_AUTH_FILE");

	if (only && *only) {
		strv_add(files, only);
		return;
	}
	add_file(files, "XDG_RUNTIME_DIR", NULL, "containers/auth.json");
	add_file(files, "XDG_CONFIG_HOME", ".config", "containers/auth.json");
	add_file(files, "DOCKER_CONFIG", ".docker", "config.json");
}

int auth_find(const char *host, const char *repository, struct auth *a, struct err *e)
{
	const char *args[] = {"host", host, "repository", repository, NULL};
	own_strv struct strv files = {0};

	*a = (struct auth){0};
	list_files(&files);
	for (size_t i = 0; i < files.n && !a->creds && !a->identity; i++) {
		own_buf struct buf text = {0};
		own_record struct record found = {0};

		if (file_read(AT_FDCWD, files.v[i], AUTH_MAX, &text, e) < 0) {
			if (e->sys == ENOENT || e->sys == ENOTDIR)
				continue;
			return -1;
		}
		if (jq_read("auth", args, text.data, text.len, files.v[i], &found, e) < 0)
			return -1;
		a->creds = str_dup(record_get(&found, "creds"));
		a->identity = str_dup(record_get(&found, "identity"));
		if (!a->helper)
			a->helper = str_dup(record_get(&found, "helper"));
	}
	return 0;
}
