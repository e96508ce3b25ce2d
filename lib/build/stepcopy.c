#include "build/stepcopy.h"

#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/own.h"
#include "build/stepflags.h"

bool stepcopy_is_url(const char *source)
{
	return strncasecmp(source, "http://", 7) == 0 || strncasecmp(source, "https://", 8) == 0;
}

static bool is_git(const char *source)
{
	static const char *const schemes[] = {"git://", "ssh://", "git@", "github.com/"};
	size_t n = strcspn(source, "#?");

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (str_starts(source, schemes[i]))
			return true;
	return stepcopy_is_url(source) && n > 4 && strncmp(source + n - 4, ".git", 4) == 0;
}

static const struct heredoc *find_heredoc(const struct instruction *in, const char *word)
{
	const struct heredoc *found = NULL;
	struct heredoc h;

	if (in->json || !heredoc_read_word(word, &h))
		return NULL;
	for (size_t i = 0; i < in->docs.n; i++)
		if (str_equal(in->docs.v[i].name, h.name))
			found = &in->docs.v[i];
	heredoc_free(&h);
	return found;
}

/* Adds a heredoc as a file. Quotes have no special meaning in its content. */
static bool add_file(const struct stepping *s, struct step *step, const struct heredoc *h)
{
	const struct expand x = {.escape = '\\',
				 .value = scope_value,
				 .arg = &stepping_stage(s)->scope,
				 .quotes_are_text = true,
				 .budget = s->budget};
	own_str char *text = heredoc_text(h), *value = NULL;
	struct err e;

	if (strchr(h->name, '/')) {
		stepping_fault(s, "<<%s: not a file name", h->name);
		return false;
	}
	if (h->expand) {
		value = expand_word(text, &x, &e);
		if (!value && stepping_knows(s)) {
			stepping_fault(s, "%s", e.msg);
			return false;
		}
	}
	buildstep_add_file(step, h->name, value ? value : text);
	return true;
}

/* Reads the value of a flag into *out, with variables replaced; NULL without the flag. False with
 * the fault. */
static bool read_flag(const struct stepping *s, const char *name, char **out)
{
	const char *value = stepflags_value(s->at, name);

	*out = value ? stepping_expand(s, value) : NULL;
	return !value || *out;
}

static bool is_octal(const char *s)
{
	s += strspn(s, "0");
	return strspn(s, "01234567") == strlen(s) && strlen(s) <= 4;
}

static bool read_flags(struct stepping *s, struct step *step)
{
	own_strv struct strv excludes = {0};
	const char *from = stepflags_value(s->at, "from");

	stepflags_list(s->at, "exclude", &excludes);
	if (!read_flag(s, "chown", &step->chown) || !read_flag(s, "chmod", &step->chmod) ||
	    !read_flag(s, "checksum", &step->checksum) ||
	    !stepping_expand_all(s, &excludes, &step->excludes))
		return false;
	if (from && !stepping_find_source(s, "--from", from, &step->from))
		return false;
	if (!stepping_knows(s))
		return true;
	if (step->chmod && (!*step->chmod || !is_octal(step->chmod))) {
		stepping_fault(s, "--chmod %s: not octal digits from 0 to 7777", step->chmod);
		return false;
	}
	if (step->chown &&
	    (!*step->chown || *step->chown == ':' || strpbrk(step->chown, " \t\n/"))) {
		stepping_fault(s, "--chown %s: not USER[:GROUP]", step->chown);
		return false;
	}
	return true;
}

static bool check_source(const struct stepping *s, const struct step *step, const char *source)
{
	if (is_git(source)) {
		stepping_fault(s, "%s: git repositories are not supported", source);
		return false;
	}
	if (step->kind == STEP_COPY && stepcopy_is_url(source)) {
		stepping_fault(s, "%s: a URL: only ADD fetches URLs", source);
		return false;
	}
	return true;
}

static bool check_checksum(const struct stepping *s, const struct step *step)
{
	if (!step->checksum)
		return true;
	if (step->args.n != 1 || step->files_n > 0 || !stepcopy_is_url(step->args.v[0])) {
		stepping_fault(s, "--checksum: needs one URL as the only source");
		return false;
	}
	if (stepping_knows(s) && !digest_is(step->checksum)) {
		stepping_fault(s, "--checksum %s: not sha256: and 64 hexadecimal digits",
			       step->checksum);
		return false;
	}
	return true;
}

static bool read_sources(struct stepping *s, struct step *step, struct strv *words)
{
	size_t heredocs = 0;

	for (size_t i = 0; i + 1 < words->n; i++) {
		const struct heredoc *h = find_heredoc(s->at, words->v[i]);
		own_str char *source = NULL;

		if (h) {
			heredocs++;
			if (!add_file(s, step, h))
				return false;
			continue;
		}
		source = stepping_expand(s, words->v[i]);
		if (!source || !check_source(s, step, source))
			return false;
		strv_take(&step->args,
			  stepcopy_is_url(source) ? str_dup(source)
						  : buildstep_path("/", source, false));
	}
	if (heredocs != s->at->docs.n) {
		stepping_fault(s, "a heredoc inside of another word");
		return false;
	}
	return check_checksum(s, step);
}

static bool read_dest(struct stepping *s, struct step *step, const char *word)
{
	const char *workdir = record_get(&stepping_stage(s)->config, "workdir");
	own_str char *dest = NULL;

	dest = stepping_expand(s, word);
	if (!dest)
		return false;
	step->dest = buildstep_path(workdir ? workdir : "/", *dest ? dest : ".", true);
	if (step->args.n + step->files_n < 2 || step->dest[strlen(step->dest) - 1] == '/' ||
	    !stepping_knows(s))
		return true;
	stepping_fault(s, "several files, but %s does not end with \"/\"", dest);
	return false;
}

static char *tell(const struct step *step)
{
	struct buf out = {0};

	buf_fmt(&out, "%s%s%s%s%s", step->name, step->chown ? " --chown=" : "",
		step->chown ? step->chown : "", step->chmod ? " --chmod=" : "",
		step->chmod ? step->chmod : "");
	for (size_t i = 0; i < step->args.n; i++)
		buf_fmt(&out, " %s", step->args.v[i]);
	for (size_t i = 0; i < step->files_n; i++)
		buf_fmt(&out, " <<%s", step->files[i].name);
	buf_fmt(&out, " %s", step->dest);
	return out.data;
}

bool stepcopy_apply(struct stepping *s)
{
	static const struct step_flag copy_flags[] = {
		{.name = "from"},
		{.name = "chown"},
		{.name = "chmod"},
		{.name = "exclude", .list = true},
		{.name = "link", .boolean = true},
		{.name = "parents", .refused = true},
		{.name = NULL},
	};
	static const struct step_flag add_flags[] = {
		{.name = "chown"},
		{.name = "chmod"},
		{.name = "checksum"},
		{.name = "exclude", .list = true},
		{.name = "link", .boolean = true},
		{.name = "keep-git-dir", .refused = true},
		{.name = "unpack", .boolean = true},
		{.name = NULL},
	};
	bool copy = str_equal(s->at->name, "COPY");
	own_strv struct strv words = {0};
	struct step *step;

	if (!copy && !str_equal(s->at->name, "ADD"))
		return false;
	stepflags_check(s->at, copy ? copy_flags : add_flags, s->faults);
	instruction_words(s->at, &words);
	if (words.n < 2) {
		stepping_fault(s, "not SOURCE... DEST");
		return true;
	}
	step = stepping_add(s, copy ? STEP_COPY : STEP_ADD);
	step->unpack = !copy && stepflags_is(s->at, "unpack", true);
	step->unpack_url = !copy && stepflags_is(s->at, "unpack", false);
	step->link = stepflags_is(s->at, "link", false);
	if (read_flags(s, step) && read_sources(s, step, &words) &&
	    read_dest(s, step, words.v[words.n - 1]))
		step->history = tell(step);
	return true;
}
