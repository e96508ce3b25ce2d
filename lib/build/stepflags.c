#include "build/stepflags.h"

#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "build/dockerfile.h"
#include "build/faults.h"

/* The value in "--name=value"; NULL for another flag, and for one without a value. */
static const char *value_of(const char *flag, const char *name)
{
	size_t n = strlen(name);

	return strncmp(flag + 2, name, n) == 0 && flag[2 + n] == '=' ? flag + 3 + n : NULL;
}

void stepflags_list(const struct instruction *in, const char *name, struct strv *out)
{
	for (size_t i = 0; i < in->flags.n; i++)
		if (value_of(in->flags.v[i], name))
			strv_add(out, value_of(in->flags.v[i], name));
}

const char *stepflags_value(const struct instruction *in, const char *name)
{
	for (size_t i = 0; i < in->flags.n; i++)
		if (value_of(in->flags.v[i], name))
			return value_of(in->flags.v[i], name);
	return NULL;
}

bool stepflags_is(const struct instruction *in, const char *name, bool missing)
{
	own_str char *flag = str_fmt("--%s", name);
	const char *value = stepflags_value(in, name);

	return value ? strcasecmp(value, "true") == 0 : missing || strv_has(&in->flags, flag);
}

static const struct step_flag *find(const struct step_flag *table, const char *flag)
{
	size_t n = strcspn(flag, "=");

	for (; table && table->name; table++)
		if (strlen(table->name) + 2 == n && strncmp(flag + 2, table->name, n - 2) == 0)
			return table;
	return NULL;
}

static bool is_earlier(const struct instruction *in, const struct step_flag *table, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (find(table, in->flags.v[i]) == find(table, in->flags.v[at]))
			return true;
	return false;
}

static bool is_boolean(const char *value)
{
	return !value || strcasecmp(value, "=true") == 0 || strcasecmp(value, "=false") == 0;
}

void stepflags_check(const struct instruction *in, const struct step_flag *table,
		     struct faults *faults)
{
	for (size_t i = 0; i < in->flags.n; i++) {
		const char *flag = in->flags.v[i], *value = strchr(flag, '=');
		const struct step_flag *known = find(table, flag);
		int n = (int)strcspn(flag, "=");

		if (!known)
			faults_add(faults, in->line, "%s: %.*s: no such flag", in->name, n, flag);
		else if (known->refused && !(value && strcasecmp(value, "=false") == 0))
			faults_add(faults, in->line, "%s: %.*s: not supported", in->name, n, flag);
		else if (known->boolean && !is_boolean(value))
			faults_add(faults, in->line, "%s: %s: neither true nor false", in->name,
				   flag);
		else if (!value && !known->boolean)
			faults_add(faults, in->line, "%s: %s: has no value", in->name, flag);
		else if (!known->list && is_earlier(in, table, i))
			faults_add(faults, in->line, "%s: --%s: given twice", in->name,
				   known->name);
	}
}
