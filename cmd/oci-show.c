/* The commands of ct-oci that only show: state, list, ps, features. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd.h"
#include "kernel/caps.h"
#include "kernel/hierarchy.h"
#include "oci.h"
#include "oci/ocijson.h"
#include "oci/ociseccomp.h"
#include "oci/ocitable.h"
#include "oci/ociwords.h"

int oci_print(json_t *value)
{
	int failed = json_dumpf(value, stdout, JSON_INDENT(4));

	json_decref(value);
	putchar('\n');
	return failed ? 1 : 0;
}

int oci_config(const struct ocistate *s, struct ociconfig *c, struct err *e)
{
	json_t *json = ocijson_read(s->dir, "config.json", NULL, e);

	if (!json || ociconfig_read(c, json, s->bundle ? s->bundle : "/", e) < 0)
		return err_wrap(e, "%s", s->id);
	return 0;
}

/* The state of a container, with the annotations of its config. */
static json_t *full_state(const struct ocistate *s)
{
	struct err ignored;
	own_json json_t *config = ocijson_read(s->dir, "config.json", NULL, &ignored);

	return ocistate_json(s, json_object_get(config, "annotations"), s->status, s->first.pid);
}

int oci_state(struct oci_args *args, char **operands)
{
	own_ocistate struct ocistate s = OCISTATE_NONE;
	struct err e;

	if (ocistate_open(args->directory, *operands, &s, &e) < 0)
		return oci_failed(args, &e);
	return oci_print(full_state(&s));
}

/* Whether --format asks for JSON. */
static int wants_json(const struct oci_args *args, bool *json, struct err *e)
{
	*json = args->format && strcmp(args->format, "json") == 0;
	if (args->format && !*json && strcmp(args->format, "table") != 0)
		return err_set(e, "--format %s: not table or json", args->format);
	return 0;
}

static const char *text_of(const json_t *state, const char *key)
{
	const char *text = json_string_value(json_object_get(state, key));

	return text ? text : "";
}

static void print_row(const json_t *state, int width)
{
	printf("%-*s %-9lld %-8s %-39s %-30s %s\n", width, text_of(state, "id"),
	       json_integer_value(json_object_get(state, "pid")), text_of(state, "status"),
	       text_of(state, "bundle"), text_of(state, "created"), text_of(state, "owner"));
}

static int print_list(const struct oci_args *args, json_t *all, bool json)
{
	json_t *state;
	int width = 4;
	size_t i;

	if (json)
		return oci_print(all);
	json_array_foreach(all, i, state) if ((int)strlen(text_of(state, "id")) > width)
		width = (int)strlen(text_of(state, "id"));
	if (!args->quiet)
		printf("%-*s %-9s %-8s %-39s %-30s %s\n", width, "NAME", "PID", "STATUS",
		       "BUNDLE PATH", "CREATED", "OWNER");
	json_array_foreach(all, i, state)
	{
		if (args->quiet)
			puts(text_of(state, "id"));
		else
			print_row(state, width);
	}
	json_decref(all);
	return 0;
}

int oci_list(struct oci_args *args, char **operands)
{
	own_strv struct strv ids = {0};
	json_t *all = json_array();
	bool json;
	struct err e;

	(void)operands;
	if (wants_json(args, &json, &e) < 0 || ociroot_list(args->directory, &ids, &e) < 0)
		return oci_failed(args, &e);
	for (size_t i = 0; i < ids.n; i++) {
		own_ocistate struct ocistate s = OCISTATE_NONE;

		if (ocistate_open(args->directory, ids.v[i], &s, &e) == 0)
			json_array_append_new(all, full_state(&s));
		else if (e.sys != ENOENT)
			oci_note(args, e.msg);
	}
	return print_list(args, all, json);
}

int oci_pids(const struct ocistate *s, struct strv *pids, struct err *e)
{
	const struct hierarchy *all;
	int n = hierarchy_find(&all, e);

	if (n < 0)
		return -1;
	for (int i = 0; s->cgroup && i < n && pids->n == 0; i++) {
		own_str char *path = hierarchy_path(&all[i], s->cgroup, "cgroup.procs");
		own_file FILE *f = fopen(path, "re");
		char line[32];

		while (f && fgets(line, sizeof(line), f)) {
			line[strcspn(line, "\n")] = '\0';
			strv_add(pids, line);
		}
	}
	return 0;
}

int oci_ps(struct oci_args *args, char **operands)
{
	own_ocistate struct ocistate s = OCISTATE_NONE;
	own_strv struct strv pids = {0};
	json_t *all;
	bool json;
	struct err e;

	if (wants_json(args, &json, &e) < 0 ||
	    ocistate_open(args->directory, *operands, &s, &e) < 0 || oci_pids(&s, &pids, &e) < 0)
		return oci_failed(args, &e);
	if (json) {
		all = json_array();
		for (size_t i = 0; i < pids.n; i++)
			json_array_append_new(all, json_integer(atoll(pids.v[i])));
		return oci_print(all);
	}
	puts("PID");
	for (size_t i = 0; i < pids.n; i++)
		puts(pids.v[i]);
	return 0;
}

static json_t *seccomp_names(enum ociseccomp_names of)
{
	json_t *list = json_array();
	const char *name;

	for (size_t i = 0; (name = ociseccomp_name(of, i)); i++)
		json_array_append_new(list, json_string(name));
	return list;
}

/* The hooks that the table of fields has. */
static json_t *hook_names(void)
{
	json_t *list = json_array();

	for (const struct ocifield *f = ocitable; f->path; f++)
		if (str_starts(f->path, "hooks.") && strchr(f->path, '[')[2] == '\0')
			json_array_append_new(list,
					      json_stringn(f->path + strlen("hooks."),
							   strcspn(f->path + 6, "[")));
	return list;
}

static bool is_honoured(const char *path)
{
	for (const struct ocifield *f = ocitable; f->path; f++)
		if (strcmp(f->path, path) == 0)
			return f->kind != OCI_REFUSED;
	return false;
}

static json_t *linux_features(void)
{
	json_t *namespaces = json_array(), *caps = json_array();
	const char *name;

	for (size_t i = 0; (name = ociwords_namespace_name(i)); i++)
		json_array_append_new(namespaces, json_string(name));
	for (int cap = 0; (name = caps_name(cap)); cap++) {
		own_str char *full = str_fmt("CAP_%s", name);

		json_array_append_new(caps, json_string(full));
	}
	return json_pack(
		"{s:o, s:o, s:{s:b, s:b, s:b, s:b, s:b}, s:{s:b, s:o, s:o, s:o, s:o, s:o}, s:{s:b}, "
		"s:{s:b}, s:{s:b}, s:{s:{s:b}}, s:{s:b}}",
		"namespaces", namespaces, "capabilities", caps, "cgroup", "v1", 1, "v2", 1,
		"systemd", 0, "systemdUser", 0, "rdma", is_honoured("linux.resources.rdma"),
		"seccomp", "enabled", 1, "actions", seccomp_names(SECCOMP_ACTIONS), "operators",
		seccomp_names(SECCOMP_OPERATORS), "archs", seccomp_names(SECCOMP_ARCHS),
		"knownFlags", seccomp_names(SECCOMP_FLAGS), "supportedFlags",
		seccomp_names(SECCOMP_FLAGS), "apparmor", "enabled",
		is_honoured("process.apparmorProfile"), "selinux", "enabled",
		is_honoured("process.selinuxLabel"), "intelRdt", "enabled",
		is_honoured("linux.intelRdt"), "mountExtensions", "idmap", "enabled",
		is_honoured("mounts[].uidMappings[]"), "netDevices", "enabled",
		is_honoured("linux.netDevices"));
}

int oci_features(struct oci_args *args, char **operands)
{
	json_t *options = json_array();
	char room[MOUNTFLAGS_NAME];
	const char *name;

	(void)operands;
	for (const struct ocifield *f = ocitable; args->fields && f->path; f++)
		printf("%s\t%s\n", f->path, ocifield_fate(f));
	for (size_t i = 0; (name = mountflags_name(i, room)); i++)
		json_array_append_new(options, json_string(name));
	if (args->fields) {
		json_decref(options);
		return 0;
	}
	return oci_print(json_pack("{s:s, s:s, s:o, s:o, s:o, s:{s:s}}", "ociVersionMin", "1.0.0",
				   "ociVersionMax", "1.2.1", "hooks", hook_names(), "mountOptions",
				   options, "linux", linux_features(), "annotations", "ct.version",
				   CT_VERSION));
}
