#include "build/buildfetch.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "image/http.h"

/* More than the default limit of an image's layer. */
#define FETCH_MAX (64ull << 30)

struct taking {
	int fd;
	struct digest digest;
};

static int take(void *arg, const void *data, size_t n, struct err *e)
{
	struct taking *t = arg;

	digest_add(&t->digest, data, n);
	return fd_write_all(t->fd, data, n) < 0 ? err_sys(e, "write the fetched file") : 0;
}

static int fetch_into(int fd, const char *url, char digest[DIGEST_LEN], struct err *e)
{
	static bool begun;
	own_reply struct http_reply reply = {0};
	struct taking t = {.fd = fd};
	struct http_request q = {.url = url, .max = FETCH_MAX, .take = take, .arg = &t};
	int failed;

	if (!begun && http_begin(false, e) < 0)
		return -1;
	begun = true;
	digest_begin(&t.digest);
	failed = http_do(&q, &reply, e);
	digest_end(&t.digest, digest);
	if (failed < 0)
		return err_wrap(e, "%s", url);
	return reply.status == 200
		? 0
		: err_set(e, "%s: the server answered with status %ld", url, reply.status);
}

int buildfetch(int dir, const char *file, const char *url, const char *checksum,
	       char digest[DIGEST_LEN], struct err *e)
{
	own_fd int fd = openat(dir, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "%s", file);
	if (fetch_into(fd, url, digest, e) < 0)
		return -1;
	if (checksum && !str_equal(checksum, digest))
		return err_set(e, "%s: has the digest %s, but --checksum is %s", url, digest,
			       checksum);
	return 0;
}

char *buildfetch_name(const char *url)
{
	const char *path = strstr(url, "://"), *name;
	size_t n;

	path = path ? path + 3 : url;
	n = strcspn(path, "?#");
	name = path + n;
	while (name > path && name[-1] != '/')
		name--;
	/* "https://host" has no file name. */
	if (name == path || name == path + n)
		return str_dup("__unnamed__");
	return str_dup_n(name, (size_t)(path + n - name));
}
