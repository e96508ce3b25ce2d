#include "build/steps.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/own.h"
#include "build/stepconf.h"
#include "build/stepcopy.h"
#include "build/stepflags.h"
#include "build/stepmount.h"
#include "build/steprun.h"
#include "store/image.h"

enum { STAGES_MAX = 1000 };

static bool is_from(const struct instruction *in)
{
	return str_equal(in->name, "FROM");
}

static bool is_stage_name(const char *s)
{
	if (!isalpha((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.", *s))
			return false;
	return true;
}

static struct build_stage *add_stage(struct steps *all, int line)
{
	all->stages = mem_grow_one(all->stages, all->stages_n, sizeof(*all->stages));
	all->stages[all->stages_n] =
		(struct build_stage){.line = line, .base = -1, .name = str_dup("")};
	return &all->stages[all->stages_n++];
}

static char *expand_global(struct stepping *s, const char *text)
{
	const struct expand x = {
		.escape = s->escape, .value = scope_value, .arg = &s->global, .budget = s->budget};
	struct err e;
	char *value = expand_word(text, &x, &e);

	if (!value)
		stepping_fault(s, "%s", e.msg);
	return value;
}

/* Only programs for this machine's architecture can run. */
static void check_platform(struct stepping *s, const char *text, const char *arch)
{
	own_str char *platform = expand_global(s, text), *wanted = str_fmt("linux/%s", arch);

	if (!platform || str_equal(platform, wanted) || str_equal(platform, arch) ||
	    str_equal(platform, "linux"))
		return;
	if (str_equal(arch, "arm64") && str_equal(platform, "linux/arm64/v8"))
		return;
	stepping_fault(s, "--platform %s: not supported on this machine, %s", platform, wanted);
}

/* Reads FROM IMAGE [AS NAME] and adds a stage. */
static void read_from(struct stepping *s, const struct steps_request *q)
{
	static const struct step_flag flags[] = {{.name = "platform"}, {.name = NULL}};
	struct build_stage *stage = add_stage(s->out, s->at->line);
	const char *platform = stepflags_value(s->at, "platform");
	own_strv struct strv words = {0};
	own_str char *base = NULL;

	s->stage = s->out->stages_n - 1;
	stepflags_check(s->at, flags, s->faults);
	dockerfile_words(s->at->rest, s->escape, &words);
	if (words.n != 1 && !(words.n == 3 && strcasecmp(words.v[1], "AS") == 0)) {
		stepping_fault(s, "%s: not IMAGE or IMAGE AS NAME", s->at->rest);
		return;
	}
	if (platform)
		check_platform(s, platform, q->arch);
	if (words.n == 3 && !is_stage_name(words.v[2])) {
		stepping_fault(s, "%s: not a valid stage name", words.v[2]);
		return;
	}
	base = expand_global(s, words.v[0]);
	if (base && !*base)
		stepping_fault(s, "%s: expands to an empty text", words.v[0]);
	if (!base || !*base)
		return;
	stage->base = stepping_find_stage(s->out, base, s->stage);
	if (stage->base < 0)
		stage->base = stepping_find_number(base, s->stage);
	if (stage->base < 0 && !str_equal(base, "scratch"))
		stage->image = take_ptr(&base);
	if (words.n == 3) {
		free(stage->name);
		stage->name = str_dup(words.v[2]);
	}
}

/* Reads all FROMs, and the ARGs before the first. */
static void read_stages(struct stepping *s, const struct dockerfile *file,
			const struct steps_request *q)
{
	for (size_t i = 0; i < file->n; i++) {
		s->at = &file->v[i];
		if (is_from(s->at) && s->out->stages_n == STAGES_MAX) {
			stepping_fault(s, "more than %d stages", STAGES_MAX);
			return;
		}
		if (is_from(s->at)) {
			read_from(s, q);
			stepping_stage(s)->first = i + 1;
		} else if (s->out->stages_n == 0 && str_equal(s->at->name, "ARG"))
			stepconf_global_arg(s);
		else if (s->out->stages_n == 0)
			stepping_fault(s, "stands before the first FROM");
		if (s->out->stages_n > 0)
			stepping_stage(s)->end = i + 1;
	}
	if (s->out->stages_n == 0 && s->faults->n == 0)
		faults_add(s->faults, 0, "no FROM instruction");
}

static void find_target(struct stepping *s, const char *target)
{
	struct steps *all = s->out;
	int stage = target ? stepping_find_stage(all, target, all->stages_n)
			   : (int)all->stages_n - 1;
	size_t digits = target ? strspn(target, "0123456789") : 0;

	if (stage < 0 && digits > 0 && digits < 6 && !target[digits] &&
	    strtoul(target, NULL, 10) < all->stages_n)
		stage = (int)strtoul(target, NULL, 10);
	if (stage < 0) {
		faults_add(s->faults, 0, "--target %s: no such stage", target);
		return;
	}
	all->target = (size_t)stage;
}

static void need(struct stepping *s, const struct dockerfile *file, size_t stage);

static void need_named(struct stepping *s, const struct dockerfile *file, size_t stage,
		       const char *name)
{
	int found = stepping_find_stage(s->out, name, stage);
	size_t digits = strspn(name, "0123456789");

	if (found < 0 && digits > 0 && digits < 6 && !name[digits] &&
	    strtoul(name, NULL, 10) < stage)
		found = (int)strtoul(name, NULL, 10);
	if (found >= 0)
		need(s, file, (size_t)found);
}

/* Marks the stages that from= of a mount names, even if the mount is faulty otherwise. */
static void need_mounts(struct stepping *s, const struct dockerfile *file, size_t stage,
			const struct instruction *in)
{
	own_strv struct strv mounts = {0};

	stepflags_list(in, "mount", &mounts);
	for (size_t i = 0; i < mounts.n; i++) {
		own_strv struct strv fields = {0};

		strv_split(&fields, mounts.v[i], ',');
		for (size_t k = 0; k < fields.n; k++)
			if (strncasecmp(fields.v[k], "from=", 5) == 0)
				need_named(s, file, stage, fields.v[k] + 5);
	}
}

/* Stages depend only on earlier stages, so the recursion ends. */
static void need(struct stepping *s, const struct dockerfile *file, size_t stage)
{
	struct build_stage *here = &s->out->stages[stage];

	if (here->needed)
		return;
	here->needed = true;
	if (here->base >= 0)
		need(s, file, (size_t)here->base);
	for (size_t i = here->first; i < here->end; i++) {
		const struct instruction *in = &file->v[i];

		if (stepflags_value(in, "from"))
			need_named(s, file, stage, stepflags_value(in, "from"));
		need_mounts(s, file, stage, in);
	}
}

/* Moves a list of the config into pairs, to which instructions add in constant time. */
static void take_list(struct record *config, const char *key, struct pairs *to, bool pairs)
{
	own_strv struct strv list = {0};

	record_get_list(config, key, &list);
	record_drop(config, key);
	for (size_t i = 0; i < list.n; i++)
		pairs ? pairs_put_text(to, list.v[i]) : pairs_put(to, list.v[i], "");
}

static void open_config(struct build_stage *stage, bool with_env)
{
	own_pairs struct pairs env = {0};

	take_list(&stage->config, "env", &env, true);
	for (size_t i = 0; with_env && i < env.names.n; i++)
		scope_set_env(&stage->scope, env.names.v[i], env.values.v[i]);
	take_list(&stage->config, "label", &stage->labels, true);
	take_list(&stage->config, "expose", &stage->ports, false);
	take_list(&stage->config, "volume", &stage->volumes, false);
}

/* Moves the lists back to the config. */
static void close_config(struct build_stage *stage)
{
	own_strv struct strv env = {0}, labels = {0};

	pairs_list(&stage->scope.env, &env);
	pairs_list(&stage->labels, &labels);
	record_add_list(&stage->config, "env", &env);
	record_add_list(&stage->config, "label", &labels);
	record_add_list(&stage->config, "expose", &stage->ports.names);
	record_add_list(&stage->config, "volume", &stage->volumes.names);
}

/* Each of many stages may copy all that the one before says. */
static void copy_stage(const struct stepping *s, struct build_stage *stage,
		       const struct build_stage *base)
{
	size_t n = scope_size(&base->scope);

	for (size_t i = 0; i < base->config.keys.n; i++)
		n += strlen(base->config.values.v[i]);
	if (n > *s->budget) {
		stepping_fault(s, "the file expands to more than %d MiB", EXPAND_BUDGET >> 20);
		return;
	}
	*s->budget -= n;
	for (size_t i = 0; i < base->config.keys.n; i++)
		record_add(&stage->config, base->config.keys.v[i], base->config.values.v[i]);
	scope_copy(&stage->scope, &base->scope);
}

/* Starts a stage with the config of an image or an earlier stage, or with an empty one. */
static void begin_stage(struct stepping *s, const struct steps_request *q)
{
	struct build_stage *stage = stepping_stage(s);
	const struct build_stage *base = stage->base >= 0 ? &s->out->stages[stage->base] : NULL;
	struct step *step = stepping_add(s, STEP_FROM);
	struct err e;

	if (stage->image)
		strv_add(&step->args, stage->image);
	else
		strv_take(&step->args,
			  !base                 ? str_dup("scratch")
				  : *base->name ? str_dup(base->name)
						: str_fmt("%d", stage->base));
	step->from.stage = stage->base;
	stage->known = stage->needed && (!base || base->known);
	if (base) {
		copy_stage(s, stage, base);
	} else if (stage->image && stage->needed) {
		if (q->base(q->arg, stage->image, &stage->config, &e) < 0) {
			stepping_fault(s, "%s", e.msg);
			stage->known = false;
		}
		if (record_get(&stage->config, "onbuild"))
			stepping_fault(s, "%s: its ONBUILD instructions are not supported",
				       stage->image);
		image_inherit(&stage->config);
	} else if (!stage->image) {
		record_add(&stage->config, "source", "-");
	}
	open_config(stage, !base);
	/* BuildKit and podman, too, set PATH in every image. */
	if (stage->needed && !pairs_get(&stage->scope.env, "PATH"))
		scope_set_env(&stage->scope, "PATH", scope_value(&stage->scope, "PATH"));
}

static void read_instruction(struct stepping *s)
{
	if (stepconf_apply(s) || stepcopy_apply(s) || steprun_apply(s))
		return;
	if (str_equal(s->at->name, "ONBUILD"))
		stepping_fault(s, "not supported");
	else
		stepping_fault(s, "no such instruction");
}

/* Finds build arguments that no ARG declares. */
static void find_unused(struct stepping *s)
{
	for (size_t i = 0; i < s->build_args->names.n; i++)
		if (!pairs_get(&s->used, s->build_args->names.v[i]))
			strv_add(&s->out->unused, s->build_args->names.v[i]);
}

static void read_stage(struct stepping *s, const struct dockerfile *file,
		       const struct steps_request *q)
{
	const struct build_stage *stage = stepping_stage(s);

	s->at = &file->v[stage->first - 1];
	begin_stage(s, q);
	for (size_t i = stage->first; i < stage->end; i++) {
		s->at = &file->v[i];
		if (!is_from(s->at))
			read_instruction(s);
	}
	close_config(stepping_stage(s));
}

/* Sets the predefined arguments for this machine, or as --build-arg says. */
static void set_platform(struct stepping *s, const struct steps_request *q)
{
	scope_add_platform(&s->global, q->arch);
	for (size_t i = 0; i < q->build_args->names.n; i++) {
		const char *name = q->build_args->names.v[i];

		if (!pairs_get(&s->global.args, name))
			continue;
		scope_set_arg(&s->global, name, q->build_args->values.v[i]);
		pairs_put(&s->used, name, "");
	}
}

void steps_read(const struct steps_request *q, struct steps *out, struct faults *faults)
{
	own_dockerfile struct dockerfile file = {0};
	size_t budget = EXPAND_BUDGET;
	struct stepping s = {
		.out = out, .faults = faults, .budget = &budget, .build_args = q->build_args};

	*out = (struct steps){0};
	dockerfile_read(q->text, q->len, &file, faults);
	s.escape = file.escape;
	set_platform(&s, q);
	read_stages(&s, &file, q);
	if (out->stages_n > 0) {
		find_target(&s, q->target);
		scope_set_arg(&s.global, "TARGETSTAGE", out->stages[out->target].name);
		need(&s, &file, out->target);
		for (s.stage = 0; s.stage < out->stages_n; s.stage++)
			read_stage(&s, &file, q);
		find_unused(&s);
	}
	faults_sort(faults);
	pairs_free(&s.used);
	scope_free(&s.global);
}
