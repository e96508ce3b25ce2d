#include "image/cacerts.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"

enum { CERTS_MAX = 4 << 20, CERTS_FILES = 64 };

static int add_file(int dir, const char *name, struct buf *out, struct err *e)
{
	own_buf struct buf pem = {0};

	if (file_read(dir, name, CERTS_MAX, &pem, e) < 0)
		return err_wrap(e, "certificates");
	buf_add(out, pem.data, pem.len);
	buf_str(out, "\n");
	return 0;
}

static int add_dir(const char *top, const char *host, struct buf *out, struct err *e)
{
	own_str char *path = str_fmt("%s/%s", top, host);
	own_dir DIR *dir = opendir(path);
	const struct dirent *entry;
	int files = 0;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "%s", path);
	while (files < CERTS_FILES && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".crt") != 0)
			continue;
		files++;
		if (add_file(dirfd(dir), entry->d_name, out, e) < 0)
			return err_wrap(e, "%s", path);
	}
	return 0;
}

int cacerts_for(const char *host, struct buf *out, struct err *e)
{
	const char *system = curl_version_info(CURLVERSION_NOW)->cainfo;
	const char *given = getenv("SSL_CERT_FILE");

	/* A URL's host contains no "/", so it cannot lead out of the directory. */
	if (host[0] != '.' &&
	    (add_dir("/etc/containers/certs.d", host, out, e) < 0 ||
	     add_dir("/etc/docker/certs.d", host, out, e) < 0))
		return -1;
	if (given && *given)
		return add_file(AT_FDCWD, given, out, e);
	/* Certificates given to libcurl replace its own, so the system's are included. */
	if (out->len && system && add_file(AT_FDCWD, system, out, e) < 0 && e->sys != ENOENT)
		return -1;
	return 0;
}
