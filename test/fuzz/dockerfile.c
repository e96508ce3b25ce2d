/*
 * Any text as a Dockerfile, and any text as patterns: what reads them neither crashes nor
 * hangs.
 */
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "build/ignore.h"
#include "build/steps.h"
#include "build/stepsjson.h"
#include "files.h"

static int base(void *arg, const char *image, struct record *config, struct err *e)
{
	(void)arg;
	record_add(config, "env", "BASE=b");
	return *image == 'x' ? err_set(e, "no such image") : 0;
}

static void read_dockerfile(const char *text, size_t n)
{
	own_pairs struct pairs args = {0};
	own_steps struct steps steps = {0};
	own_faults struct faults faults = {0};
	own_buf struct buf json = {0};
	struct steps_request q = {
		.text = text, .len = n, .build_args = &args, .arch = "amd64", .base = base};

	pairs_put(&args, "V", "1");
	steps_read(&q, &steps, &faults);
	if (faults.n == 0)
		stepsjson_write(&steps, &json);
}

static void read_patterns(const char *text)
{
	own_ignore struct ignore ig = {0};
	struct err e;

	if (ignore_read(&ig, text, &e) == 0)
		ignore_has_path(&ig, "dir/sub/file.txt");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_str char *text = mem_alloc(n + 1);

	if (n > 0)
		memcpy(text, data, n);
	read_dockerfile(text, n);
	if (strlen(text) == n)
		read_patterns(text);
	return 0;
}
