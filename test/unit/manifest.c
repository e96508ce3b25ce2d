#include "unit.h"

#include "base/own.h"
#include "base/str.h"
#include "image/manifest.h"

#define OCI         "application/vnd.oci.image."
#define DOCKER      "application/vnd.docker."
#define HEX_BUT_ONE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
#define HEX         HEX_BUT_ONE "f"
#define D           "sha256:" HEX
#define TYPED(type, more) \
	"{\"mediaType\": \"" type "\", \"digest\": \"" D "\", \"size\": 7" more "}"
#define CONFIG TYPED(OCI "config.v1+json", "")
#define LAYER  TYPED(OCI "layer.v1.tar+gzip", "")
#define MANIFEST(layers, more) \
	"{\"schemaVersion\": 2, \"config\": " CONFIG ", \"layers\": " layers more "}"
#define INDEX(manifests) "{\"schemaVersion\": 2, \"manifests\": [" manifests "]}"
#define FOR(type, os, arch, more) \
	TYPED(OCI type,           \
	      ", \"platform\": {\"os\": \"" os "\", \"architecture\": \"" arch "\"" more "}")
/* An entry that the test recognises by its size. */
#define SIZED(size, os, arch, more)                                                           \
	"{\"mediaType\": \"" OCI "manifest.v1+json\", \"digest\": \"" D "\", \"size\": " size \
	", \"platform\": {\"os\": \"" os "\", \"architecture\": \"" arch "\"" more "}}"

static struct err e;

static int read_manifest(const char *json, const char *type, const char *platform,
			 struct manifest *m)
{
	return manifest_read(json, strlen(json), type, platform, "doc", m, &e);
}

static void a_manifest_lists_its_config_and_layers(void **state)
{
	static const char json[] =
		"{\"schemaVersion\": 2, \"config\": {\"mediaType\": \"" DOCKER
		"container.image.v1+json\", \"digest\": \"" D
		"\", \"size\": 4194304}, \"layers\": [" TYPED(DOCKER "image.rootfs.diff.tar.gzip", "") ", " TYPED(
			OCI "layer.v1.tar",
			", \"urls\": [\"file:///\"]") ", " TYPED(OCI "layer.v1.tar+zstd",
								 "") ", " TYPED(DOCKER
										"image.rootfs.diff.tar",
										"") ", {\"mediaType\": \"" OCI
										    "layer.v1.tar+gzip\", \"digest\": \"" D
										    "\", \"size\": 9007199254740992}]}";
	own_manifest struct manifest m = {0};

	(void)state;
	if (read_manifest(json, DOCKER "distribution.manifest.v2+json", NULL, &m) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(m.kind, MANIFEST_IMAGE);
	assert_string_equal(m.config.digest, D);
	assert_int_equal(m.config.size, 4 << 20);
	assert_int_equal(m.n, 5);
	assert_string_equal(m.list[0].type, DOCKER "image.rootfs.diff.tar.gzip");
	assert_string_equal(m.list[2].type, OCI "layer.v1.tar+zstd");
	assert_int_equal(m.list[0].size, 7);
	assert_int_equal(m.list[4].size, UINT64_C(9007199254740992));
}

static void an_image_has_0_to_512_layers(void **state)
{
	own_manifest struct manifest none = {0}, most = {0};
	struct manifest m;
	own_buf struct buf json = {0};

	(void)state;
	assert_int_equal(read_manifest(MANIFEST("[]", ""), NULL, NULL, &none), 0);
	assert_int_equal(none.n, 0);
	buf_str(&json, LAYER);
	for (size_t i = 1; i < MANIFEST_LAYERS; i++)
		buf_str(&json, "," LAYER);
	own_str char *good = str_fmt(MANIFEST("[%s]", ""), json.data);
	own_str char *bad = str_fmt(MANIFEST("[%s," LAYER "]", ""), json.data);
	assert_int_equal(read_manifest(good, NULL, NULL, &most), 0);
	assert_int_equal(most.n, MANIFEST_LAYERS);
	assert_refused(read_manifest(bad, NULL, NULL, &m), &e, "doc: more than 512 layers");
	assert_null(m.list);
}

static void an_index_gives_the_manifest_for_the_platform(void **state)
{
	static const char json[] = INDEX(
		SIZED("1", "linux", "arm64", ", \"variant\": \"v8\"") "," SIZED("2", "windows", "amd64", "") "," SIZED("3", "linux", "amd64", ", \"variant\": \"v3\"") "," SIZED(
			"4", "linux", "amd64",
			"") "," SIZED("5", "linux", "arm",
				      ", \"variant\": \"v6\"") "," SIZED("6", "linux", "arm",
									 ", \"variant\": \"v5\"") "," SIZED("7",
													    "linux",
													    "arm",
													    ", \"variant\": \"v7\"") "," SIZED("8",
																	       "linux",
																	       "s390x",
																	       ", \"variant\": null") "," SIZED("9",
																						"unknown",
																						"unknown",
																						"") "," SIZED("10",
																							      "linux",
																							      "386",
																							      ", \"os.version\": 1"));
	static const struct {
		const char *platform;
		uint64_t size;
	} cases[] = {
		{"linux/amd64/v1", 4}, {"linux/amd64/v3", 3}, {"linux/arm64", 1}, {"linux/arm", 7},
		{"linux/arm/v6", 5},   {"linux/s390x", 8},    {"linux/386", 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_manifest struct manifest m = {0};

		if (read_manifest(json, NULL, cases[i].platform, &m) < 0)
			fail_msg("%s: %s", cases[i].platform, e.msg);
		assert_int_equal(m.kind, MANIFEST_INDEX);
		assert_int_equal(m.n, 1);
		assert_int_equal(m.list[0].size, cases[i].size);
	}
}

static void an_index_without_the_platform_lists_its_platforms(void **state)
{
	static const char attested[] = INDEX(FOR("manifest.v1+json", "linux", "arm64", ", \"variant\": \"v8\"") "," FOR(
		"manifest.v1+json", "linux", "s390x",
		"") "," FOR("manifest.v1+json", "unknown", "unknown",
			    "") "," TYPED(OCI "manifest.v1+json",
					  ", \"annotations\": {\"vnd.docker.reference.type\": \"attestation-manifest\"}") "," FOR("manifest.v1+json",
																  "linux",
																  "arm64",
																  ""));
	struct manifest m;

	(void)state;
	assert_refused(read_manifest(attested, NULL, "linux/amd64/v2", &m), &e,
		       "doc: no image for linux/amd64/v2 (there is linux/arm64, linux/s390x)");
	assert_refused(read_manifest(INDEX(""), NULL, "linux/amd64", &m), &e,
		       "doc: no image for linux/amd64 (there is none)");
	assert_refused(read_manifest(INDEX(LAYER), NULL, "linux/amd64", &m), &e,
		       "doc: no image for linux/amd64 (there is none)");
	assert_refused(read_manifest(INDEX(TYPED(OCI "manifest.v1+json",
						 "") "," TYPED(OCI "index.v1+json", "")),
				     NULL, "linux/amd64", &m),
		       &e, "doc: no image for linux/amd64 (there is one without a platform)");
	assert_refused(read_manifest(INDEX(FOR("manifest.v1+json", "linux", "arm", "")), NULL,
				     "linux/arm/v9", &m) < 0
			       ? -1
			       : 0,
		       &e, e.msg);
}

static void the_only_entry_needs_no_platform(void **state)
{
	static const char *const types[] = {OCI "manifest.v1+json", OCI "index.v1+json",
					    DOCKER "distribution.manifest.v2+json"};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		own_str char *json = str_fmt(INDEX(TYPED("%s", ", \"platform\": null")), types[i]);
		own_manifest struct manifest m = {0};

		if (read_manifest(json, NULL, "linux/s390x", &m) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(m.list[0].type, types[i]);
		assert_int_equal(m.names.n, 0);
	}
}

static int read_layout(const char *json, struct manifest *m)
{
	return manifest_read_layout(json, strlen(json), "doc", m, &e);
}

/* An entry of a layout whose digest ends with this digit. */
#define NAMED(digit, key, name)                                                                  \
	"{\"mediaType\": \"" OCI "manifest.v1+json\", \"digest\": \"sha256:" HEX_BUT_ONE digit   \
	"\", \"size\": 7, "                                                                      \
	"\"platform\": {\"os\": \"linux\", \"architecture\": \"vax\"}, \"annotations\": {\"" key \
	"\": \"" name "\"}}"
#define REF_NAME "org.opencontainers.image.ref.name"

static void the_only_image_of_a_layout_is_used_with_all_its_names(void **state)
{
	own_manifest struct manifest m = {0};
	own_str char *names = NULL;

	(void)state;
	if (read_layout(
		    INDEX(NAMED("f", REF_NAME, "b/c") "," NAMED("f", REF_NAME, "latest") "," NAMED(
			    "f", "io.containerd.image.name", "a:1") "," NAMED("f", REF_NAME, "a:1")),
		    &m) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(m.list[0].digest, D);
	names = strv_join(&m.names, " ");
	assert_string_equal(names, "a:1 b/c");
}

static void a_layout_gives_one_image_for_a_platform(void **state)
{
	struct manifest m;

	(void)state;
	assert_refused(
		read_layout(INDEX(NAMED("e", REF_NAME, "a:1") "," NAMED("f", REF_NAME, "b:2")), &m),
		&e, "doc: several images (a:1 b:2)");
	assert_refused(read_layout(MANIFEST("[]", ""), &m), &e, "doc: not an index");
}

static void inconsistent_documents_are_refused(void **state)
{
#define ENTRY(more) INDEX(TYPED(OCI "manifest.v1+json", more))
#define SIZE(size)                                                            \
	MANIFEST("[{\"mediaType\": \"" OCI "layer.v1.tar\", \"digest\": \"" D \
		 "\", \"size\": " size "}]",                                  \
		 "")
#define DIGEST(digest)                                                           \
	MANIFEST("[{\"mediaType\": \"" OCI "layer.v1.tar\", \"digest\": " digest \
		 ", \"size\": 1}]",                                              \
		 "")
	static const struct {
		const char *json, *says;
	} cases[] = {
		{"[]", "it: is array, not object"},
		{"null", "it: is null, not object"},
		{"{}", "schemaVersion: not 2"},
		{"{\"schemaVersion\": 3, \"layers\": []}", "schemaVersion: not 2"},
		{"{\"schemaVersion\": 1, \"fsLayers\": []}",
		 "schema 1 is not supported: push the image again with a newer tool"},
		{"{\"schemaVersion\": 2}", "neither a manifest nor an index"},
		{MANIFEST("[]", ", \"manifests\": null"), "has both layers and manifests"},
		{MANIFEST("[]", ", \"mediaType\": 7"), "mediaType: is number, not string"},
		{MANIFEST("[]", ", \"mediaType\": \"" OCI "index.v1+json\""),
		 "calls itself " OCI "index.v1+json, but is no such thing"},
		{MANIFEST("{}", ""), "layers: is object, not array"},
		{MANIFEST("[null]", ""), "layers[0]: is null, not object"},
		{MANIFEST("[" LAYER ", {}]", ""), "layers[1]: mediaType: is null, not string"},
		{"{\"schemaVersion\": 2, \"layers\": []}", "config: is null, not object"},
		{"{\"schemaVersion\": 2, \"layers\": [], \"config\": " LAYER "}",
		 "config: " OCI "layer.v1.tar+gzip: not an image, but another kind of artifact"},
		{"{\"schemaVersion\": 2, \"layers\": [], \"config\": {\"mediaType\": \"" OCI
		 "config.v1+json\", \"digest\": \"" D "\", \"size\": 4194305}}",
		 "config: size: more than 4194304 bytes"},
		{MANIFEST("[" TYPED(OCI "layer.nondistributable.v1.tar+gzip", "") "]", ""),
		 "layers[0]: a foreign layer, which no registry has"},
		{MANIFEST("[" TYPED(DOCKER "image.rootfs.foreign.diff.tar.gzip", "") "]", ""),
		 "layers[0]: a foreign layer, which no registry has"},
		{MANIFEST("[" TYPED(OCI "layer.v1.tar+gzip+encrypted", "") "]", ""),
		 "layers[0]: encrypted layers are not supported"},
		{MANIFEST("[" TYPED("a b\\nc", "") "]", ""),
		 "layers[0]: a b\nc: not the media type of a layer"},
		{SIZE("-1"), "layers[0]: size: not a number of bytes"},
		{SIZE("1.5"), "layers[0]: size: not a number of bytes"},
		{SIZE("9007199254740994"), "layers[0]: size: not a number of bytes"},
		{SIZE("\"1\""), "layers[0]: size: is string, not number"},
		{DIGEST("null"), "layers[0]: digest: is null, not string"},
		{DIGEST("\"sha256:../../../../etc/passwd\""),
		 "layers[0]: digest: not sha256: and 64 of 0-9a-f"},
		{DIGEST("\"" D "\\nlayer=1 x " D "\""),
		 "layers[0]: digest: not sha256: and 64 of 0-9a-f"},
		{DIGEST("\"sha512:" HEX HEX "\""),
		 "layers[0]: digest: not sha256: and 64 of 0-9a-f"},
		{"{\"schemaVersion\": 2, \"manifests\": {}}", "manifests: is object, not array"},
		{INDEX("1"), "manifests[0]: is number, not object"},
		{INDEX("{}"), "manifests[0]: mediaType: is null, not string"},
		{ENTRY(", \"platform\": []"), "manifests[0]: platform: is array, not object"},
		{ENTRY(", \"platform\": {}"), "manifests[0]: platform: os: is null, not string"},
		{ENTRY(", \"platform\": {\"os\": \"linux\", \"architecture\": 1}"),
		 "manifests[0]: platform: architecture: is number, not string"},
		{ENTRY(", \"platform\": {\"os\": \"linux\", \"architecture\": \"x\", \"variant\": {}}"),
		 "manifests[0]: platform: variant: is object, not string"},
		{ENTRY(", \"annotations\": []"), "manifests[0]: annotations: is array, not object"},
		{ENTRY(", \"annotations\": {\"io.containerd.image.name\": 1}"),
		 "manifests[0]: an annotation: is number, not string"},
		{INDEX("{\"mediaType\": \"" OCI "manifest.v1+json\", \"digest\": \"" D
		       "\", \"size\": 4194305}"),
		 "manifests: size: more than 4194304 bytes"},
		{INDEX("{\"mediaType\": \"" OCI
		       "manifest.v1+json\", \"digest\": \"sha256:../\", \"size\": 1}"),
		 "manifests: digest: not sha256: and 64 of 0-9a-f"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_str char *says = str_fmt("doc: %s", cases[i].says);
		struct manifest m;

		if (read_manifest(cases[i].json, NULL, NULL, &m) == 0)
			fail_msg("%s", cases[i].json);
		if (strcmp(e.msg, says) != 0)
			fail_msg("%s, not %s", e.msg, says);
		assert_null(m.list);
	}
}

static void the_media_type_must_match_the_document(void **state)
{
	static const char own[] = MANIFEST("[]", ", \"mediaType\": \"" OCI "manifest.v1+json\"");
	own_manifest struct manifest same = {0}, plain = {0}, silent = {0};
	struct manifest m;

	(void)state;
	assert_int_equal(read_manifest(own, OCI "manifest.v1+json", NULL, &same), 0);
	assert_int_equal(read_manifest(own, "application/json", NULL, &plain), 0);
	assert_int_equal(read_manifest(MANIFEST("[]", ""), DOCKER "distribution.manifest.v2+json",
				       NULL, &silent),
			 0);
	assert_refused(read_manifest(own, OCI "index.v1+json", NULL, &m), &e,
		       "doc: described as " OCI "index.v1+json, but is no such thing");
	assert_refused(read_manifest(own, "text/html", NULL, &m), &e,
		       "doc: described as text/html, but is no such thing");
	assert_refused(read_manifest(own, DOCKER "distribution.manifest.v2+json", NULL, &m), &e,
		       "doc: described as " DOCKER
		       "distribution.manifest.v2+json, but calls itself " OCI "manifest.v1+json");
	assert_refused(
		read_manifest(INDEX(""), DOCKER "distribution.manifest.v2+json", NULL, &m), &e,
		"doc: described as " DOCKER "distribution.manifest.v2+json, but is no such thing");
}

static void a_platform_is_linux_with_an_architecture(void **state)
{
	static const char *const bad[] = {"",
					  "linux",
					  "linux/",
					  "/amd64",
					  "windows/amd64",
					  "linux/amd64/",
					  "linux/a/b/c",
					  "Linux/amd64",
					  "linux/AMD64",
					  "linux/../x",
					  "linux/a b",
					  "linux/a\n"};
	struct manifest m;

	(void)state;
	assert_int_equal(manifest_check_platform("linux/amd64", &e), 0);
	assert_int_equal(manifest_check_platform("linux/arm/v7", &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(manifest_check_platform(bad[i], &e), -1);
		assert_non_null(strstr(e.msg, "not a platform"));
		assert_int_equal(read_manifest(INDEX(""), NULL, bad[i], &m), -1);
		assert_non_null(strstr(e.msg, "not a platform"));
	}
}

/* --- configurations */

#define ROOTFS(ids) "\"rootfs\": {\"type\": \"layers\", \"diff_ids\": [" ids "]}"
#define IMAGE(config, more)                                                                    \
	"{\"os\": \"linux\", \"architecture\": \"amd64\", \"config\": " config ", " ROOTFS("") \
		more "}"

static int read_config(const char *json, size_t layers, const char *platform, struct record *r)
{
	return manifest_config(json, strlen(json), layers, platform, "doc", r, &e);
}

static void a_configuration_becomes_an_image_config(void **state)
{
	static const char json[] =
		"{\"os\": \"linux\", \"architecture\": \"arm64\", \"variant\": \"v8\", "
		"\"created\": \"2024-05-01T12:00:00.5+02:00\", \"config\": {\"User\": \"7:8\", \"ExposedPorts\": {\"80/tcp\": {}, "
		"\"53/udp\": {}}, \"Env\": [\"B=2\", \"A=1=\\n\\\\n\\u001b\"], \"Entrypoint\": [\"/e\", \"\"], \"Cmd\": [\"c d\"], "
		"\"Volumes\": {\"/v\": {}}, \"WorkingDir\": \"/w\", \"Labels\": {\"k\": \"v=w\", \"\": \"\"}, "
		"\"StopSignal\": \"SIGINT\", \"OnBuild\": [\"RUN x\"], \"Healthcheck\": {\"Test\": []}}, " ROOTFS(
			"\"" D "\", \"" D
			"\"") ", \"history\": [{\"created_by\": \"/bin/sh -c \\\"x\\ny\\\"\", \"empty_layer\": true}, {}]}";
	static const char *const want[][2] = {
		{"arch", "arm64"},
		{"created", "2024-05-01T10:00:00.500000000Z"},
		{"user", "7:8"},
		{"expose", "80/tcp|53/udp"},
		{"env", "B=2|A=1=\n\\n\033"},
		{"entrypoint", "/e|"},
		{"cmd", "c d"},
		{"volume", "/v"},
		{"workdir", "/w"},
		{"label", "k=v=w|="},
		{"stopsignal", "SIGINT"},
		{"onbuild", "RUN x"},
		{"diffid", D "|" D},
		{"os", ""},
		{"history",
		 "{\"created_by\":\"/bin/sh -c \\\"x\\ny\\\"\",\"empty_layer\":true}|{}"},
	};
	own_record struct record r = {0};

	(void)state;
	record_add(&r, "source", "kept");
	if (read_config(json, 2, "linux/arm64", &r) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		own_str char *is = record_join(&r, want[i][0], "|");

		assert_string_equal(is, want[i][1]);
	}
	assert_string_equal(record_get(&r, "source"), "kept");
}

/* Go's encoding/json, and so docker and podman, read null as the zero value of the element's type.
 * */
static void null_in_labels_and_lists_counts_as_empty(void **state)
{
	static const char json[] =
		IMAGE("{\"Labels\": {\"a\": null, \"b\": \"1\"}, \"Entrypoint\": [\"sh\", null], "
		      "\"Env\": [null, \"A=1\"], \"Volumes\": {\"/v\": null}}",
		      ", \"history\": [null]");
	static const char *const want[][2] = {
		{"label", "a=|b=1"}, {"entrypoint", "sh|"}, {"env", "A=1"},
		{"volume", "/v"},    {"history", "{}"},
	};
	own_record struct record r = {0};

	(void)state;
	if (read_config(json, 0, NULL, &r) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		own_str char *is = record_join(&r, want[i][0], "|");

		assert_string_equal(is, want[i][1]);
	}
}

static void missing_keys_of_a_configuration_are_missing_in_the_record(void **state)
{
	static const char *const cases[] = {
		"{" ROOTFS("") "}",
		"{\"config\": null, \"history\": null, \"created\": null, \"rootfs\": {\"type\": \"layers\", \"diff_ids\": null}}",
		IMAGE("{\"Env\": null, \"Cmd\": null, \"Entrypoint\": null, \"Labels\": null, \"Volumes\": null, \"User\": \"\", "
		      "\"ExposedPorts\": null, \"WorkingDir\": \"\", \"StopSignal\": null}",
		      ", \"variant\": \"\""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_record struct record r = {0};

		if (read_config(cases[i], 0, "linux/amd64", &r) < 0)
			fail_msg("%s", e.msg);
		record_drop(&r, "arch");
		assert_int_equal(r.keys.n, 0);
	}
}

static void any_valid_time_is_accepted(void **state)
{
	static const char *const cases[][2] = {
		{"2024-02-29T23:59:59.123456789Z", "2024-02-29T23:59:59.123456789Z"},
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000000Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_record struct record r = {0};
		own_str char *json = str_fmt(IMAGE("{}", ", \"created\": \"%s\""), cases[i][0]);

		if (read_config(json, 0, NULL, &r) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(record_get(&r, "created"), cases[i][1]);
	}
}

static void a_configuration_of_wrong_types_is_refused_by_key(void **state)
{
	static const struct {
		const char *json, *says;
	} cases[] = {
		{"[]", "it: is array, not object"},
		{"{}", "rootfs: is null, not object"},
		{"{\"rootfs\": {\"type\": \"x\"}}", "rootfs: type: is not \"layers\""},
		{"{\"rootfs\": {\"type\": \"layers\", \"diff_ids\": [1]}}",
		 "diff_ids[0]: is number, not string"},
		{"{" ROOTFS("\"" D "\"") "}", "diff_ids: 1, but there are 0 layers"},
		{"{\"os\": 1, " ROOTFS("") "}", "os: is number, not string"},
		{"{\"os\": \"windows\", " ROOTFS("") "}", "is for windows, not for linux"},
		{"{\"architecture\": \"s390x\", " ROOTFS("") "}",
		 "is for linux/s390x, not for linux/amd64"},
		{IMAGE("[]", ""), "config: is array, not object"},
		{IMAGE("{\"Env\": [\"A=1\", 2]}", ""), "Env[1]: is number, not string"},
		{IMAGE("{\"Env\": [\"A\"]}", ""), "Env: A: not NAME=VALUE"},
		{IMAGE("{\"Env\": [\"=x\"]}", ""), "Env: =x: not NAME=VALUE"},
		{IMAGE("{\"Cmd\": \"sh\"}", ""), "Cmd: is string, not array"},
		{IMAGE("{\"Entrypoint\": [1]}", ""), "Entrypoint[0]: is number, not string"},
		{IMAGE("{\"User\": 0}", ""), "User: is number, not string"},
		{IMAGE("{\"Volumes\": [\"/v\"]}", ""), "Volumes: is array, not object"},
		{IMAGE("{\"Labels\": {\"a\": 1}}", ""), "Labels: a: is number, not string"},
		{IMAGE("{\"Labels\": {\"a\": false}}", ""), "Labels: a: is boolean, not string"},
		{IMAGE("{}", ", \"history\": [\"x\"]"), "history[0]: is string, not object"},
		{IMAGE("{}", ", \"created\": \"5m\""), "created: not a time"},
		{IMAGE("{}", ", \"created\": \"2024-13-01T00:00:00Z\""), "created: not a time"},
		{IMAGE("{}", ", \"created\": \"2024-05-01T00:00:00Z\\nx\""), "created: not a time"},
	};
	struct record r = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_str char *says = str_fmt("doc: %s", cases[i].says);

		if (read_config(cases[i].json, 0, "linux/amd64", &r) == 0)
			fail_msg("%s", cases[i].json);
		if (strcmp(e.msg, says) != 0)
			fail_msg("%s, not %s", e.msg, says);
		assert_int_equal(r.keys.n, 0);
	}
	assert_refused(read_config("{" ROOTFS("\"sha256:../\"") "}", 1, NULL, &r), &e,
		       "doc: diff_ids[0]: not sha256: and 64 of 0-9a-f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_lists_its_config_and_layers),
		cmocka_unit_test(an_image_has_0_to_512_layers),
		cmocka_unit_test(an_index_gives_the_manifest_for_the_platform),
		cmocka_unit_test(an_index_without_the_platform_lists_its_platforms),
		cmocka_unit_test(the_only_entry_needs_no_platform),
		cmocka_unit_test(the_only_image_of_a_layout_is_used_with_all_its_names),
		cmocka_unit_test(a_layout_gives_one_image_for_a_platform),
		cmocka_unit_test(inconsistent_documents_are_refused),
		cmocka_unit_test(the_media_type_must_match_the_document),
		cmocka_unit_test(a_platform_is_linux_with_an_architecture),
		cmocka_unit_test(a_configuration_becomes_an_image_config),
		cmocka_unit_test(null_in_labels_and_lists_counts_as_empty),
		cmocka_unit_test(missing_keys_of_a_configuration_are_missing_in_the_record),
		cmocka_unit_test(any_valid_time_is_accepted),
		cmocka_unit_test(a_configuration_of_wrong_types_is_refused_by_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
