/* Any values in manifests, indexes and image configs: the code that takes them from jq. */
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "fakejq.h"
#include "files.h"
#include "image/imageconfig.h"
#include "image/manifest.h"

static void read_manifests(const uint8_t *data, size_t n)
{
	own_manifest struct manifest a = {0}, b = {0}, c = {0};
	own_strv struct strv digests = {0};
	struct err e;

	manifest_read(data, n, "application/json", "linux/arm64", "fuzz", &a, &e);
	manifest_read_layout(data, n, "fuzz", &b, &e);
	if (manifest_list_layout(data, n, "fuzz", &digests, &e) == 0 && digests.n > 0)
		manifest_read_listed(data, n, digests.v[0], "fuzz", &c, &e);
}

static void read_config(const uint8_t *data, size_t n)
{
	own_record struct record config = {0};
	own_strv struct strv diffids = {0};
	own_buf struct buf json = {0};
	struct err e;

	for (size_t layers = 0; layers < 3; layers++) {
		record_free(&config);
		config = (struct record){0};
		if (manifest_config(data, n, layers, "linux/amd64", "fuzz", &config, &e) < 0)
			continue;
		record_get_list(&config, "diffid", &diffids);
		imageconfig_write(&config, &diffids, &json);
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	read_manifests(data, n);
	read_config(data, n);
	return 0;
}
