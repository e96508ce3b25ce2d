#include "build/stepping.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/own.h"

void stepping_fault(const struct stepping *s, const char *fmt, ...)
{
	char what[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	faults_add(s->faults, s->at->line, "%s: %s", s->at->name, what);
}

bool stepping_knows(const struct stepping *s)
{
	return stepping_stage(s)->known;
}

char *stepping_expand(const struct stepping *s, const char *word)
{
	const struct expand x = {.escape = s->escape,
				 .value = scope_value,
				 .arg = &stepping_stage(s)->scope,
				 .budget = s->budget};
	struct err e;
	char *value = expand_word(word, &x, &e);

	if (value)
		return value;
	/* The base image, which is not read, may set the variable. */
	if (!stepping_knows(s))
		return str_dup(word);
	stepping_fault(s, "%s", e.msg);
	return NULL;
}

bool stepping_expand_all(const struct stepping *s, const struct strv *words, struct strv *out)
{
	for (size_t i = 0; i < words->n; i++) {
		char *value = stepping_expand(s, words->v[i]);

		if (!value)
			return false;
		strv_take(out, value);
	}
	return true;
}

struct step *stepping_add(struct stepping *s, enum step_kind kind)
{
	struct step *step = buildstep_list_add(s->out, kind, s->at->line, s->stage);
	own_str char *flags = strv_join(&s->at->flags, " ");

	step->name = str_dup(s->at->name);
	step->text = str_fmt("%s%s%s%s%s", s->at->name, *flags ? " " : "", flags,
			     *s->at->rest ? " " : "", s->at->rest);
	return step;
}

int stepping_find_stage(const struct steps *all, const char *name, size_t before)
{
	for (size_t i = before; i-- > 0;)
		if (*all->stages[i].name && strcasecmp(all->stages[i].name, name) == 0)
			return (int)i;
	return -1;
}

int stepping_find_number(const char *text, size_t before)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long n = digits > 0 && digits < 6 && !text[digits] ? strtoul(text, NULL, 10)
								    : before;

	return n < before ? (int)n : -1;
}

bool stepping_find_source(struct stepping *s, const char *what, const char *name,
			  struct step_source *out)
{
	size_t digits = strspn(name, "0123456789");

	*out = (struct step_source){.stage = stepping_find_stage(s->out, name, s->stage)};
	if (out->stage >= 0)
		return true;
	if (strchr(name, '$')) {
		stepping_fault(s, "%s %s: variables are not supported here (name a stage FROM %s)",
			       what, name, name);
		return false;
	}
	out->stage = stepping_find_number(name, s->stage);
	if (out->stage >= 0)
		return true;
	if (digits > 0 && !name[digits]) {
		stepping_fault(s, "%s %s: no earlier stage has this number", what, name);
		return false;
	}
	if (stepping_find_stage(s->out, name, s->out->stages_n) >= 0) {
		stepping_fault(s, "%s %s: not an earlier stage", what, name);
		return false;
	}
	out->image = str_dup(name);
	return true;
}
