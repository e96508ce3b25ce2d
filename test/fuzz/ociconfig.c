/*
 * Any JSON as a config.json of a bundle ('c'), as a process ('p'), as resources ('r') or as a
 * seccomp profile ('s'): the first byte chooses.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "files.h"
#include "jail.h"
#include "oci/ociconfig.h"
#include "oci/ocijson.h"
#include "oci/ociseccomp.h"

struct input {
	char kind;
	const char *text;
	size_t n;
};

static void read_json(void *arg)
{
	const struct input *in = arg;
	own_ociconfig struct ociconfig c = {0};
	own_ociseccomp struct ociseccomp s = {0};
	own_fd int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e;
	json_t *json = ocijson_parse(in->text, in->n, "config.json", &e);

	if (!json)
		return;
	if (in->kind == 's') {
		ociseccomp_make(&s, json, top, &e);
		json_decref(json);
		return;
	}
	if (in->kind == 'p')
		ociconfig_read_process(&c, json, &e);
	else if (in->kind == 'r')
		ociconfig_read_resources(&c, json, &e);
	else
		ociconfig_read(&c, json, "/bundle", &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_buf struct buf text = {0};
	struct input in = {.n = n - 1};

	if (n == 0)
		return 0;
	buf_str(&text, "");
	buf_add(&text, (const char *)data + 1, n - 1);
	in.kind = (char)*data;
	in.text = text.data;
	jail_run(read_json, &in);
	return 0;
}
