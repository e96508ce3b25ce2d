/* What quickjson reads, it reads as the jq filters do; what it does not read, they read. */
#include "unit.h"

#include "base/jq.h"
#include "base/own.h"
#include "base/record.h"
#include "base/str.h"
#include "image/quickjson.h"

#define OCI    "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."
#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BLOB(type, more) \
	"{\"mediaType\":\"" type "\",\"digest\":\"sha256:" HEX "\",\"size\":7" more "}"
#define CONFIG BLOB(OCI "config.v1+json", "")
#define LAYER  BLOB(OCI "layer.v1.tar+gzip", "")
#define MANIFEST(layers, more) \
	"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[" layers "]" more "}"
#define ROOTFS        "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" HEX "\"]}"
#define RUN(members)  "{\"os\":\"linux\",\"config\":{" members "}," ROOTFS "}"
#define HISTORY(list) "{" ROOTFS ",\"history\":[" list "]}"

struct document {
	const char *json, *type; /* type: of a manifest; NULL: a config */
};

static const struct document ordinary[] = {
	{MANIFEST("", ""), ""},
	{MANIFEST(LAYER "," LAYER, ",\"annotations\":{\"a\":\"b\\u00e9\"}"), ""},
	{MANIFEST(LAYER, ",\"mediaType\":\"" OCI "manifest.v1+json\""), OCI "manifest.v1+json"},
	{MANIFEST(BLOB(DOCKER "image.rootfs.diff.tar.gzip", ",\"urls\":[\"https://x/y\"]"),
		  ",\"mediaType\":null"),
	 DOCKER "distribution.manifest.v2+json"},
	{MANIFEST(BLOB(OCI "layer.v1.tar+zstd", "") "," BLOB(OCI "layer.v1.tar", ""), ""), ""},
	{"{\"schemaVersion\":2,\"layers\":[],\"config\":{\"mediaType\":\"" OCI
	 "config.v1+json\",\"digest\":\"a\\nb \\\\\",\"size\":9007199254740992}}",
	 ""},
	{"{" ROOTFS "}", NULL},
	{"{\"created\":\"2024-01-31T01:02:03.123456789Z\",\"architecture\":\"amd64\","
	 "\"os\":\"linux\",\"config\":null,\"history\":null," ROOTFS "}",
	 NULL},
	{RUN("\"Entrypoint\":[\"/a\",\"\"],\"Cmd\":[\"b\\tc\",\"d\\ne\\\\\"],\"Shell\":null,"
	     "\"Env\":[\"A=1\",\"B==\"],\"WorkingDir\":\"/w\",\"User\":\"\",\"OnBuild\":[\"RUN x\"]"),
	 NULL},
	{RUN("\"Volumes\":{\"/z\":{},\"/a\":null},\"ExposedPorts\":{\"80/tcp\":{},\"443/udp\":{}},"
	     "\"Labels\":{\"z\":\"1\",\"a.b\":\"\",\"\\u00fc\":\"x=y\"},\"StopSignal\":\"SIGINT\""),
	 NULL},
	{RUN("\"Healthcheck\":{\"Test\":[\"CMD\",\"a\\\"b/\"],\"Interval\":30000000000,"
	     "\"Retries\":3}"),
	 NULL},
	{RUN("\"Healthcheck\":{}"), NULL},
	{RUN("\"Healthcheck\":[1]"), NULL},
	{HISTORY("{\"created_by\":\"/bin/sh -c #(nop) ADD \\t\\\"\\u20ac\\ud83d\\ude00\","
		 "\"empty_layer\":true,\"n\":[1,null,{\"z\":false,\"a\":{}}]},{}"),
	 NULL},
};

/* Errors, and documents in which jq and jansson may differ. */
static const struct document unusual[] = {
	{"", ""},
	{"[]", ""},
	{"{}", NULL},
	{"{} {}", NULL},
	{"{\"schemaVersion\":2,\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[]}", ""},
	{MANIFEST(LAYER, ",\"manifests\":null"), ""},
	{MANIFEST(LAYER, ""), OCI "index.v1+json"},
	{MANIFEST(LAYER, ",\"mediaType\":\"" OCI "manifest.v1+json\""),
	 DOCKER "distribution.manifest.v2+json"},
	{MANIFEST(BLOB(OCI "layer.v1.tar+encrypted", ""), ""), ""},
	{MANIFEST("null", ""), ""},
	{MANIFEST(LAYER, ",\"annotations\":{\"a\":\"\\u001b\"}"), ""},
	{MANIFEST(LAYER, ",\"annotations\":{\"a\":\"\\u0000\"}"), ""},
	{MANIFEST(LAYER, ",\"annotations\":{\"a\":1.5}"), ""},
	{MANIFEST(LAYER, ",\"annotations\":{\"a\":-1}"), ""},
	{"{\"schemaVersion\":2.0,\"config\":" CONFIG ",\"layers\":[]}", ""},
	{"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":{}}", ""},
	{"{\"schemaVersion\":1,\"config\":" CONFIG ",\"layers\":[]}", ""},
	{RUN("\"Env\":[\"\"]"), NULL},
	{RUN("\"Env\":[\"=a\"]"), NULL},
	{RUN("\"Env\":[\"a\"]"), NULL},
	{RUN("\"Cmd\":[null]"), NULL},
	{RUN("\"Cmd\":\"sh\""), NULL},
	{RUN("\"Labels\":{\"a\":null}"), NULL},
	{RUN("\"Labels\":[]"), NULL},
	{RUN("\"User\":1"), NULL},
	{RUN("\"Healthcheck\":{\"Interval\":1.5}"), NULL},
	{RUN("\"Healthcheck\":{\"Interval\":9007199254740993}"), NULL},
	{HISTORY("{\"a\":\"\\u007f\"}"), NULL},
	{HISTORY("null"), NULL},
	{"{\"created\":\"2024-01-31T01:02:03+01:00\"," ROOTFS "}", NULL},
	{"{\"created\":\"yesterday\"," ROOTFS "}", NULL},
	{"{\"rootfs\":{\"type\":\"other\",\"diff_ids\":[]}}", NULL},
};

static bool read_quickly(const struct document *d, struct record *r)
{
	return d->type ? quickjson_manifest(d->json, strlen(d->json), d->type, r)
		       : quickjson_config(d->json, strlen(d->json), r);
}

static int read_by_filter(const struct document *d, struct record *r, struct err *e)
{
	const char *args[] = {"type",    d->type, "os",     "linux", "arch", "amd64",
			      "variant", "",      "layout", "",      NULL};

	return jq_read(d->type ? "manifest" : "config", d->type ? args : NULL, d->json,
		       strlen(d->json), "doc", r, e);
}

static void ordinary_documents_are_read_as_the_filters_read_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(*ordinary); i++) {
		own_record struct record quick = {0}, filtered = {0};
		own_buf struct buf a = {0}, b = {0};
		struct err e;

		if (!read_quickly(&ordinary[i], &quick))
			fail_msg("left to the filter: %s", ordinary[i].json);
		if (read_by_filter(&ordinary[i], &filtered, &e) < 0)
			fail_msg("%s: %s", ordinary[i].json, e.msg);
		record_format(&quick, &a);
		record_format(&filtered, &b);
		if (strcmp(a.data, b.data) != 0)
			fail_msg("%s:\n%s\nthe filter:\n%s", ordinary[i].json, a.data, b.data);
	}
}

static void unusual_documents_are_left_to_the_filters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unusual) / sizeof(*unusual); i++) {
		own_record struct record r = {0};

		if (read_quickly(&unusual[i], &r))
			fail_msg("not left to the filter: %s", unusual[i].json);
		assert_int_equal(r.keys.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_documents_are_read_as_the_filters_read_them),
		cmocka_unit_test(unusual_documents_are_left_to_the_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
