#include "build/stepconf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/own.h"
#include "base/sig.h"
#include "build/health.h"
#include "build/stepflags.h"

static bool is_name(const char *s, size_t n)
{
	if (n == 0 || isdigit((unsigned char)*s))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	return true;
}

/* Adds a step whose history entry is "NAME ARG...". */
static struct step *add_step(struct stepping *s, enum step_kind kind, const struct strv *args)
{
	struct step *step = stepping_add(s, kind);
	own_str char *joined = strv_join(args, " ");

	for (size_t i = 0; i < args->n; i++)
		strv_add(&step->args, args->v[i]);
	step->history = str_fmt("%s %s", step->name, joined);
	return step;
}

/* The same with one argument. */
static void add_step_text(struct stepping *s, enum step_kind kind, const char *text)
{
	own_strv struct strv args = {0};

	strv_add(&args, text);
	add_step(s, kind, &args);
}

static bool need_text(const struct stepping *s)
{
	if (*s->at->rest)
		return true;
	stepping_fault(s, "arguments are missing");
	return false;
}

/* Reads one ARG. Its value is that of the build argument, or else its default; NULL: none. */
static bool find_arg(struct stepping *s, const char *word, const struct expand *x, char **name,
		     char **value)
{
	size_t n = strcspn(word, "=");
	const char *given;
	struct err e;

	*name = str_dup_n(word, n);
	*value = NULL;
	if (!is_name(word, n)) {
		stepping_fault(s, "%s: not NAME or NAME=VALUE", word);
		return false;
	}
	given = pairs_get(s->build_args, *name);
	if (given) {
		pairs_put(&s->used, *name, "");
		*value = str_dup(given);
		return true;
	}
	if (!word[n])
		return true;
	*value = expand_word(word + n + 1, x, &e);
	if (*value || (x->arg != &s->global && !stepping_knows(s)))
		return true;
	stepping_fault(s, "%s", e.msg);
	return false;
}

void stepconf_global_arg(struct stepping *s)
{
	const struct expand x = {
		.escape = s->escape, .value = scope_value, .arg = &s->global, .budget = s->budget};
	own_strv struct strv words = {0};

	stepflags_check(s->at, NULL, s->faults);
	if (!need_text(s))
		return;
	dockerfile_words(s->at->rest, s->escape, &words);
	for (size_t i = 0; i < words.n; i++) {
		own_str char *name = NULL, *value = NULL;

		if (find_arg(s, words.v[i], &x, &name, &value) && value)
			scope_set_arg(&s->global, name, value);
	}
}

static void do_arg(struct stepping *s)
{
	struct scope *scope = &stepping_stage(s)->scope;
	const struct expand x = {
		.escape = s->escape, .value = scope_value, .arg = scope, .budget = s->budget};
	own_strv struct strv words = {0}, told = {0};

	dockerfile_words(s->at->rest, s->escape, &words);
	for (size_t i = 0; i < words.n; i++) {
		own_str char *name = NULL, *value = NULL;
		const char *global;

		if (!find_arg(s, words.v[i], &x, &name, &value))
			return;
		global = value ? value : pairs_get(&s->global.args, name);
		if (global)
			scope_set_arg(scope, name, global);
		strv_take(&told, global ? str_fmt("%s=%s", name, global) : str_dup(name));
	}
	add_step(s, STEP_CONFIG, &told);
}

/* Reads NAME=VALUE ..., or the old form NAME VALUE. */
static bool read_pairs(const struct stepping *s, struct strv *names, struct strv *values)
{
	own_strv struct strv words = {0};
	const char *rest = s->at->rest;
	size_t n = strcspn(rest, " \t\r\v\f");

	dockerfile_words(rest, s->escape, &words);
	if (words.n > 0 && !strchr(words.v[0], '=')) {
		if (!rest[n]) {
			stepping_fault(s, "%s: has no value", rest);
			return false;
		}
		strv_take(names, str_dup_n(rest, n));
		strv_add(values, rest + n + strspn(rest + n, " \t\r\v\f"));
		return true;
	}
	for (size_t i = 0; i < words.n; i++) {
		const char *equals = strchr(words.v[i], '=');

		if (!equals || equals == words.v[i]) {
			stepping_fault(s, "%s: not NAME=VALUE", words.v[i]);
			return false;
		}
		strv_take(names, str_dup_n(words.v[i], (size_t)(equals - words.v[i])));
		strv_add(values, equals + 1);
	}
	return true;
}

/* Reads the pairs and replaces variables by their values before this instruction; told: the pairs
 * for the history. False with the fault. */
static bool read_replaced(struct stepping *s, struct strv *names, struct strv *values,
			  struct strv *told)
{
	own_strv struct strv raw_names = {0}, raw_values = {0};

	if (!read_pairs(s, &raw_names, &raw_values) || !stepping_expand_all(s, &raw_names, names) ||
	    !stepping_expand_all(s, &raw_values, values))
		return false;
	for (size_t i = 0; i < names->n; i++) {
		if (!*names->v[i] || strchr(names->v[i], '=')) {
			stepping_fault(s, "\"%s\": not a name", names->v[i]);
			return false;
		}
		strv_take(told, str_fmt("%s=%s", names->v[i], values->v[i]));
	}
	return true;
}

static void do_env(struct stepping *s)
{
	own_strv struct strv names = {0}, values = {0}, told = {0};

	if (!read_replaced(s, &names, &values, &told))
		return;
	for (size_t i = 0; i < names.n; i++)
		scope_set_env(&stepping_stage(s)->scope, names.v[i], values.v[i]);
	add_step(s, STEP_CONFIG, &told);
}

static void do_label(struct stepping *s)
{
	own_strv struct strv names = {0}, values = {0}, told = {0};

	if (!read_replaced(s, &names, &values, &told))
		return;
	for (size_t i = 0; i < names.n; i++)
		pairs_put(&stepping_stage(s)->labels, names.v[i], values.v[i]);
	add_step(s, STEP_CONFIG, &told);
}

/* The Dockerfile reference replaces MAINTAINER by this label. */
static void do_maintainer(struct stepping *s)
{
	pairs_put(&stepping_stage(s)->labels, "org.opencontainers.image.authors", s->at->rest);
	add_step_text(s, STEP_CONFIG, s->at->rest);
}

/* Adds each port of PORT[-PORT][/PROTOCOL] to out. */
static bool add_ports(const struct stepping *s, const char *text, struct strv *out)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp"};
	const char *slash = strchr(text, '/'), *protocol = NULL;
	char *end = NULL;
	unsigned long first = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 65536,
		      last = first;

	if (end && *end == '-' && isdigit((unsigned char)end[1]))
		last = strtoul(end + 1, &end, 10);
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (!slash ? i == 0 : strcasecmp(slash + 1, protocols[i]) == 0)
			protocol = protocols[i];
	if (!end || (*end && end != slash) || !protocol || first > last || last > 65535) {
		stepping_fault(s, "%s: not PORT[-PORT][/tcp|/udp|/sctp]", text);
		return false;
	}
	for (; first <= last; first++)
		strv_take(out, str_fmt("%lu/%s", first, protocol));
	return true;
}

static void do_expose(struct stepping *s)
{
	struct build_stage *stage = stepping_stage(s);
	const struct expand x = {.escape = s->escape,
				 .value = scope_value,
				 .arg = &stage->scope,
				 .budget = s->budget};
	own_strv struct strv words = {0}, ports = {0};
	struct err e;

	if (expand_words(s->at->rest, &x, &words, &e) < 0) {
		if (stepping_knows(s))
			stepping_fault(s, "%s", e.msg);
		return;
	}
	if (!stepping_knows(s))
		return;
	if (words.n == 0) {
		stepping_fault(s, "%s: expands to an empty text", s->at->rest);
		return;
	}
	strv_sort(&words, 0);
	for (size_t i = 0; i < words.n; i++)
		if (!add_ports(s, words.v[i], &ports))
			return;
	for (size_t i = 0; i < ports.n; i++)
		pairs_put(&stage->ports, ports.v[i], "");
	add_step(s, STEP_CONFIG, &words);
}

static void do_volume(struct stepping *s)
{
	own_strv struct strv words = {0}, dirs = {0};

	instruction_words(s->at, &words);
	if (words.n == 0)
		stepping_fault(s, "arguments are missing");
	if (!stepping_expand_all(s, &words, &dirs))
		return;
	for (size_t i = 0; stepping_knows(s) && i < dirs.n; i++)
		if (dirs.v[i][0] != '/' || !dirs.v[i][1]) {
			stepping_fault(s, "%s: not an absolute path of a directory", dirs.v[i]);
			return;
		}
	for (size_t i = 0; i < dirs.n; i++)
		pairs_put(&stepping_stage(s)->volumes, dirs.v[i], "");
	add_step(s, STEP_CONFIG, &dirs);
}

/* The only argument, with variables replaced; NULL with the fault. */
static char *one_value(struct stepping *s)
{
	char *value = stepping_expand(s, s->at->rest);

	if (!value || *value || !stepping_knows(s))
		return value;
	stepping_fault(s, "%s: expands to an empty text", s->at->rest);
	free(value);
	return NULL;
}

static void set_text(struct stepping *s, const char *key, enum step_kind kind, const char *value)
{
	struct record *config = &stepping_stage(s)->config;

	record_drop(config, key);
	record_add(config, key, value);
	add_step_text(s, kind, value);
}

static void do_user(struct stepping *s)
{
	own_str char *value = one_value(s);

	if (!value)
		return;
	if (stepping_knows(s) && strpbrk(value, " \t\n/"))
		stepping_fault(s, "%s: not USER[:GROUP]", value);
	else
		set_text(s, "user", STEP_CONFIG, value);
}

static void do_stopsignal(struct stepping *s)
{
	own_str char *value = one_value(s);
	struct err e;
	int ignored;

	if (!value)
		return;
	if (stepping_knows(s) && sig_read(value, &ignored, &e) < 0)
		stepping_fault(s, "%s", e.msg);
	else
		set_text(s, "stopsignal", STEP_CONFIG, value);
}

static void do_workdir(struct stepping *s)
{
	const char *before = record_get(&stepping_stage(s)->config, "workdir");
	own_str char *value = one_value(s), *path = NULL;

	if (!value)
		return;
	path = buildstep_path(before ? before : "/", value, false);
	set_text(s, "workdir", STEP_WORKDIR, path);
	s->out->v[s->out->n - 1].user = str_dup(record_get(&stepping_stage(s)->config, "user"));
}

void stepconf_shell(const struct stepping *s, struct strv *out)
{
	size_t before = out->n;

	record_get_list(&stepping_stage(s)->config, "shell", out);
	if (out->n > before)
		return;
	strv_add(out, "/bin/sh");
	strv_add(out, "-c");
}

/* Reads a command in shell form or exec form. */
static void read_command(const struct stepping *s, struct strv *out)
{
	if (s->at->json) {
		instruction_words(s->at, out);
		return;
	}
	stepconf_shell(s, out);
	strv_add(out, s->at->rest);
}

static void set_command(struct stepping *s, const char *key)
{
	struct record *config = &stepping_stage(s)->config;
	own_strv struct strv words = {0};

	read_command(s, &words);
	record_drop(config, key);
	record_add_list(config, key, &words);
	add_step(s, STEP_CONFIG, &words);
}

static void do_cmd(struct stepping *s)
{
	stepping_stage(s)->cmd_set = true;
	set_command(s, "cmd");
}

static void do_entrypoint(struct stepping *s)
{
	set_command(s, "entrypoint");
	/* The base image's CMD has arguments for another entry point. */
	if (!stepping_stage(s)->cmd_set)
		record_drop(&stepping_stage(s)->config, "cmd");
}

static void do_shell(struct stepping *s)
{
	if (!s->at->json || s->at->args.n == 0)
		stepping_fault(s, "not a JSON array of strings");
	else
		set_command(s, "shell");
}

static void do_healthcheck(struct stepping *s)
{
	struct record *config = &stepping_stage(s)->config;
	own_str char *json = health_read(s->at, s->faults);

	if (!json)
		return;
	record_drop(config, "healthcheck");
	record_add(config, "healthcheck", json);
	add_step_text(s, STEP_CONFIG, s->at->rest);
}

bool stepconf_apply(struct stepping *s)
{
	static const struct {
		const char *name;
		void (*apply)(struct stepping *s);
		const struct step_flag *flags;
	} known[] = {
		{"ARG", do_arg, NULL},
		{"CMD", do_cmd, NULL},
		{"ENTRYPOINT", do_entrypoint, NULL},
		{"ENV", do_env, NULL},
		{"EXPOSE", do_expose, NULL},
		{"HEALTHCHECK", do_healthcheck, health_flags},
		{"LABEL", do_label, NULL},
		{"MAINTAINER", do_maintainer, NULL},
		{"SHELL", do_shell, NULL},
		{"STOPSIGNAL", do_stopsignal, NULL},
		{"USER", do_user, NULL},
		{"VOLUME", do_volume, NULL},
		{"WORKDIR", do_workdir, NULL},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!str_equal(known[i].name, s->at->name))
			continue;
		stepflags_check(s->at, known[i].flags, s->faults);
		if (need_text(s))
			known[i].apply(s);
		return true;
	}
	return false;
}
