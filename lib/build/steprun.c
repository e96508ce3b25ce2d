#include "build/steprun.h"

#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "build/stepconf.h"
#include "build/stepflags.h"
#include "build/stepmount.h"

/* The directory in the container with scripts of heredocs that begin with "#!". */
static const char script_dir[] = "/dev/pipes";

/* Whether the line consists of one heredoc, whose content is the script. */
static bool is_script(const struct instruction *in)
{
	struct heredoc h;
	bool alone = in->docs.n == 1 && heredoc_read_word(in->rest, &h);

	if (alone)
		heredoc_free(&h);
	return alone;
}

/* The shell reads all other heredocs: keeps them in the text. */
static char *whole_text(const struct instruction *in)
{
	struct buf out = {0};

	buf_str(&out, in->rest);
	for (size_t i = 0; i < in->docs.n; i++)
		buf_fmt(&out, "\n%s%s", in->docs.v[i].content, in->docs.v[i].name);
	return out.data;
}

static void read_command(const struct stepping *s, struct step *step)
{
	const struct instruction *in = s->at;
	own_str char *script = is_script(in) ? heredoc_text(&in->docs.v[0]) : NULL;

	for (size_t i = 0; in->json && i < in->args.n; i++)
		strv_add(&step->args, in->args.v[i]);
	if (in->json)
		return;
	if (script && str_starts(script, "#!")) {
		buildstep_add_file(step, in->docs.v[0].name, script);
		strv_take(&step->args, str_fmt("%s/%s", script_dir, in->docs.v[0].name));
		return;
	}
	stepconf_shell(s, &step->args);
	strv_take(&step->args, script ? take_ptr(&script) : whole_text(in));
}

/* Proxy variables are passed on without an ARG, and are not part of the step's key (Dockerfile
 * reference, "Predefined ARGs"). */
static void read_proxies(struct stepping *s, struct step *step)
{
	static const char *const names[] = {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY",
					    "ALL_PROXY"};

	for (size_t i = 0; i < s->build_args->names.n; i++) {
		const char *name = s->build_args->names.v[i];

		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			if (strcasecmp(name, names[k]) == 0 &&
			    !scope_value(&stepping_stage(s)->scope, name)) {
				strv_take(&step->proxies,
					  str_fmt("%s=%s", name, s->build_args->values.v[i]));
				pairs_put(&s->used, name, "");
			}
	}
}

static bool read_network(struct stepping *s, struct step *step)
{
	const char *network = stepflags_value(s->at, "network");

	if (network && !str_equal(network, "default") && !str_equal(network, "none") &&
	    !str_equal(network, "host")) {
		stepping_fault(s, "--network %s: not default, none or host", network);
		return false;
	}
	step->network = str_dup(network ? network : "default");
	return true;
}

/* execve(2) does not take a longer one (MAX_ARG_STRLEN). */
static void check_length(const struct stepping *s, const struct step *step)
{
	for (size_t i = 0; i < step->args.n; i++)
		if (strlen(step->args.v[i]) >= EXPAND_MAX) {
			stepping_fault(s, "an argument is longer than %d KiB", EXPAND_MAX >> 10);
			return;
		}
}

bool steprun_apply(struct stepping *s)
{
	static const struct step_flag flags[] = {
		{.name = "mount", .list = true},
		{.name = "network"},
		{.name = "security", .refused = true},
		{.name = "device", .refused = true},
		{.name = NULL},
	};
	const struct build_stage *stage = stepping_stage(s);
	own_strv struct strv mounts = {0};
	own_str char *command = NULL;
	struct step *step;

	if (!str_equal(s->at->name, "RUN"))
		return false;
	stepflags_check(s->at, flags, s->faults);
	if (!*s->at->rest || (s->at->json && s->at->args.n == 0)) {
		stepping_fault(s, "arguments are missing");
		return true;
	}
	step = stepping_add(s, STEP_RUN);
	step->settings = stage->scope.log.n;
	step->workdir = str_dup(record_get(&stage->config, "workdir"));
	step->user = str_dup(record_get(&stage->config, "user"));
	read_command(s, step);
	check_length(s, step);
	read_proxies(s, step);
	command = strv_join(&step->args, " ");
	step->history = str_fmt("RUN %s", command);
	stepflags_list(s->at, "mount", &mounts);
	if (!read_network(s, step))
		return true;
	for (size_t i = 0; i < mounts.n; i++)
		if (!stepmount_read(s, step, mounts.v[i]))
			return true;
	return true;
}
