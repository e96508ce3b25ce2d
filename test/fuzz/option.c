/*
 * Any text as the value of an option. The first byte chooses the reader; users and scripts pass
 * such values on from elsewhere.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/record.h"
#include "base/str.h"
#include "container/detachkeys.h"
#include "container/mountlong.h"
#include "container/mountspec.h"
#include "files.h"
#include "image/change.h"
#include "image/url.h"
#include "kernel/rlimit.h"
#include "net/port.h"

typedef int mount_reader(const char *text, struct mountspec *v, struct err *e);

static void read_spec(mount_reader *read, const char *text)
{
	own_mountspec struct mountspec v = {0};
	struct err e;

	read(text, &v, &e);
}

static void read_mount(const char *text)
{
	own_mountspec struct mountspec v = {0};
	bool tmpfs;
	struct err e;

	mountlong_read(text, &v, &tmpfs, &e);
}

static void read_port(const char *text)
{
	struct port_range r;
	struct err e;

	if (port_read(text, &r, &e) == 0 &&
	    (r.count == 0 || r.to_port == 0 || r.to_port + r.count - 1 > 65535 ||
	     (r.host_port && r.host_port + r.count - 1 > 65535)))
		abort();
	port_read_host(text, &r, &e);
}

static void read_number(const char *text)
{
	char shown[NUM_TIME_LEN];
	struct timespec time;
	uint64_t n;
	struct err e;

	num_size(text, &n, &e);
	if (num_fixed(text, 1000, &n, &e) < 0)
		num_uint(text, 0, UINT64_MAX, &n, &e);
	if (num_time(text, &time, &e) == 0)
		num_time_format(&time, shown);
}

static void read_url(const char *text)
{
	own_str char *resolved = NULL, *escaped = url_escape(text);
	struct url u = {0};
	struct err e;

	if (url_read(text, &u, &e) == 0)
		url_is_loopback(u.host);
	url_free(&u);
	resolved = url_resolve("https://registry.test/v2/a/blobs/uploads/1?x", text, &e);
}

static void read_change(const char *text)
{
	own_record struct record config = {0};
	struct err e;

	record_add(&config, "workdir", "/w");
	record_add(&config, "env", "A=b");
	change_apply(&config, text, &e);
}

static void read_ulimit(const char *text)
{
	struct err e;

	rlimit_check(text, &e);
}

static void read_keys(const char *text)
{
	struct detachkeys keys;
	struct err e;

	detachkeys_read(text, &keys, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static mount_reader *const specs[] = {mountspec_read, mountspec_read_tmpfs,
					      mountspec_read_device};
	static void (*const readers[])(const char *text) = {
		read_mount, read_port, read_number, read_url, read_change, read_ulimit, read_keys};
	enum {
		SPECS = sizeof(specs) / sizeof(*specs),
		READERS = sizeof(readers) / sizeof(*readers)
	};
	own_str char *text = str_dup_n(n ? (const char *)data + 1 : "", n ? n - 1 : 0);
	unsigned reader = n ? *data - '0' : 0;

	if (reader < SPECS)
		read_spec(specs[reader], text);
	else if (reader < SPECS + READERS)
		readers[reader - SPECS](text);
	return 0;
}
