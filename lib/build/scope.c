#include "build/scope.h"

#include <string.h>

#include "base/own.h"
#include "run/command.h"

static void set(struct scope *s, char kind, struct pairs *pairs, const char *name,
		const char *value)
{
	pairs_put(pairs, name, value);
	strv_take(&s->log, str_fmt("%c%s=%s", kind, name, value));
}

void scope_set_env(struct scope *s, const char *name, const char *value)
{
	set(s, 'e', &s->env, name, value);
}

void scope_set_arg(struct scope *s, const char *name, const char *value)
{
	set(s, 'a', &s->args, name, value);
}

const char *scope_value(void *arg, const char *name)
{
	const struct scope *s = arg;
	const char *value = pairs_get(&s->env, name);

	if (!value)
		value = pairs_get(&s->args, name);
	/* Every command has a PATH, even if the image config sets none. */
	return value || !str_equal(name, "PATH") ? value : COMMAND_PATH;
}

/* Repeats the first n settings in another scope. */
static void replay(const struct scope *from, size_t n, struct scope *to)
{
	for (size_t i = 0; i < n; i++) {
		const char *text = from->log.v[i] + 1;
		size_t length = strcspn(text, "=");
		own_str char *name = str_dup_n(text, length);

		(from->log.v[i][0] == 'e' ? scope_set_env : scope_set_arg)(to, name,
									   text + length + 1);
	}
}

void scope_list(const struct scope *s, size_t n, struct strv *out)
{
	own_scope struct scope then = {0};

	replay(s, n, &then);
	pairs_list(&then.env, out);
	for (size_t i = 0; i < then.args.names.n; i++)
		if (!pairs_get(&then.env, then.args.names.v[i]))
			strv_take(out,
				  str_fmt("%s=%s", then.args.names.v[i], then.args.values.v[i]));
}

size_t scope_size(const struct scope *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->log.n; i++)
		n += strlen(s->log.v[i]);
	return n;
}

void scope_copy(struct scope *to, const struct scope *from)
{
	replay(from, from->log.n, to);
}

void scope_free(struct scope *s)
{
	pairs_free(&s->env);
	pairs_free(&s->args);
	strv_free(&s->log);
}

void scope_add_platform(struct scope *s, const char *arch)
{
	static const char *const whose[] = {"TARGET", "BUILD"};
	const char *variant = str_equal(arch, "arm") ? "v7" : "";
	own_str char *platform = str_fmt("linux/%s%s%s", arch, *variant ? "/" : "", variant);

	for (size_t i = 0; i < sizeof(whose) / sizeof(*whose); i++) {
		const char *const values[][2] = {{"PLATFORM", platform},
						 {"OS", "linux"},
						 {"ARCH", arch},
						 {"VARIANT", variant}};

		for (size_t k = 0; k < sizeof(values) / sizeof(*values); k++) {
			own_str char *name = str_fmt("%s%s", whose[i], values[k][0]);

			scope_set_arg(s, name, values[k][1]);
		}
	}
}
