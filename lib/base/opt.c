#include "base/opt.h"

#include <string.h>

#include "base/err.h"
#include "base/own.h"

int opt_read_flag(void *to, const char *text, struct err *e)
{
	bool *flag = to;

	*flag = true;
	return text && !str_bool(text, flag) ? err_set(e, "%s: not true or false", text) : 0;
}

int opt_read_text(void *to, const char *text, struct err *e)
{
	(void)e;
	*(const char **)to = text;
	return 0;
}

int opt_read_list(void *to, const char *text, struct err *e)
{
	(void)e;
	strv_add(to, text);
	return 0;
}

int opt_read_words(void *to, const char *text, struct err *e)
{
	(void)e;
	strv_split(to, text, ',');
	return 0;
}

int opt_read_size(void *to, const char *text, struct err *e)
{
	return num_size(text, to, e);
}

int opt_read_count(void *to, const char *text, struct err *e)
{
	return num_uint(text, 0, INT64_MAX, to, e);
}

static const struct opt *by_letter(const struct opt_program *prog, char letter)
{
	for (const struct opt *o = prog->opts; o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

/* The name of a row for several options ends with "*". */
static bool is_called(const struct opt *o, const char *name, size_t len)
{
	size_t known = strcspn(o->name, "*");

	return strncmp(o->name, name, known) == 0 && (o->name[known] ? len >= known : len == known);
}

static const struct opt *by_name(const struct opt_program *prog, const char *name, size_t len)
{
	for (const struct opt *o = prog->opts; o->name; o++)
		if (is_called(o, name, len))
			return o;
	return NULL;
}

/* Whether its argument may be left out, and is never the next word. */
static bool is_optional(const struct opt *o)
{
	return o->arg && str_starts(o->arg, "[=");
}

int opt_read_instead(void *to, const char *text, struct err *e)
{
	(void)to;
	return err_set(e, "%s", text);
}

static bool is_instead(const struct opt *o)
{
	return o->read == opt_read_instead;
}

/* The command line being parsed. */
struct opt_reading {
	const struct opt_program *prog;
	char **argv;
	int at; /* index in argv; an option may consume the next argument too */
	void *args;
	bool *given; /* one for each row of the table */
};

static bool *rows(const struct opt_program *prog)
{
	size_t n = 0;

	while (prog->opts[n].name)
		n++;
	return mem_alloc((n + 1) * sizeof(bool));
}

static int set(struct opt_reading *r, const struct opt *o, const char *text, struct err *e)
{
	for (size_t i = 0; o->arg && !o->repeats && r->prog->opts[i].name; i++) {
		if (r->prog->opts[i].at != o->at || !r->prog->opts[i].arg)
			continue;
		if (r->given[i])
			return err_set(e, "--%s: given twice", o->name);
		r->given[i] = true; /* with its other spellings */
	}
	if (o->read((char *)r->args + o->at, text, e) < 0)
		return err_wrap(e, "--%s", o->name);
	return 0;
}

/* The current argument is "--name" or "--name=value". */
static int long_option(struct opt_reading *r, struct err *e)
{
	const char *arg = r->argv[r->at], *name = arg + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct opt *o = by_name(r->prog, name, len);

	if (!o && strcmp(name, "help") == 0)
		return OPT_HELP;
	if (!o && strcmp(name, "help=table") == 0)
		return OPT_TABLE;
	if (!o && strcmp(name, "help=refused") == 0)
		return OPT_REFUSED;
	if (!o && strcmp(name, "version") == 0)
		return OPT_VERSION;
	if (!o)
		return err_set(e, "%s: unknown option", arg);
	if (is_instead(o))
		return err_set(e, "--%.*s: %s", (int)len, name, o->arg);
	if (!o->arg && !equals)
		return set(r, o, NULL, e);
	if (equals)
		return set(r, o, equals + 1, e);
	if (is_optional(o))
		return set(r, o, NULL, e);
	if (!r->argv[r->at + 1])
		return err_set(e, "%s: needs %s", arg, o->arg);
	return set(r, o, r->argv[++r->at], e);
}

/* The current argument is a bundle such as "-dm1g". */
static int short_options(struct opt_reading *r, struct err *e)
{
	const struct opt *o;

	for (const char *p = r->argv[r->at] + 1; *p; p++) {
		o = by_letter(r->prog, *p);
		if (!o)
			return err_set(e, "-%c: unknown option", *p);
		if (is_instead(o))
			return err_set(e, "-%c: %s", *p, o->arg);
		/* As in docker and podman: -t=false, -m=1g. */
		if (p[1] == '=')
			return set(r, o, p + 2, e);
		if (!o->arg) {
			if (set(r, o, NULL, e) < 0)
				return -1;
			continue;
		}
		if (p[1])
			return set(r, o, p + 1, e);
		if (!r->argv[r->at + 1])
			return err_set(e, "-%c: needs %s", *p, o->arg);
		return set(r, o, r->argv[++r->at], e);
	}
	return OPT_GO;
}

int opt_parse(const struct opt_program *prog, int argc, char **argv, void *args, int *first,
	      struct err *e)
{
	own_str char **operands = mem_alloc((size_t)(argc + 1) * sizeof(*operands));
	own_str bool *given = rows(prog);
	struct opt_reading r = {.prog = prog, .argv = argv, .args = args, .given = given};
	int n = 0, asked;

	for (r.at = 1; r.at < argc; r.at++) {
		const char *arg = argv[r.at];

		if (strcmp(arg, "--") == 0) {
			r.at++;
			break;
		}
		if (arg[0] != '-' || arg[1] == '\0') {
			if (prog->in_order)
				break;
			operands[n++] = argv[r.at];
			continue;
		}
		asked = arg[1] == '-' ? long_option(&r, e) : short_options(&r, e);
		if (asked != OPT_GO)
			return asked;
	}
	while (r.at < argc)
		operands[n++] = argv[r.at++];
	if (n < prog->min)
		return err_set(e, "missing operand: %s %s", prog->name, prog->operands);
	if (prog->max >= 0 && n > prog->max)
		return err_set(e, "%s: extra operand", operands[prog->max]);
	*first = argc - n;
	memcpy(argv + argc - n, operands, (size_t)n * sizeof(*operands));
	return OPT_GO;
}

static const char *repetition(const struct opt *o)
{
	return o->repeats ? " (repeatable)" : "";
}

/* The width of a terminal, and that of the column with the options. */
enum { COLUMNS = 80, LEFT_MAX = 26 };

/* Prints words on lines that fit a terminal; the first line begins at column `at`, others at
 * `indent`. */
static void wrap(FILE *to, const char *text, size_t at, size_t indent)
{
	while (*text) {
		size_t n = strcspn(text, " ");

		if (at > indent && at + 1 + n > COLUMNS) {
			fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
		}
		fprintf(to, "%s%.*s", at > indent ? " " : "", (int)n, text);
		at += n + (at > indent ? 1 : 0);
		text += n + strspn(text + n, " ");
	}
	fputc('\n', to);
}

/* Prints an option and its help; the help of a long option begins on the next line. */
static void help_row(FILE *to, const char *left, size_t width, const char *help)
{
	size_t indent = 2 + width + 2;

	if (strlen(left) > width)
		fprintf(to, "  %s\n%*s", left, (int)indent, "");
	else
		fprintf(to, "  %-*s  ", (int)width, left);
	wrap(to, help, indent, indent);
}

void opt_help(const struct opt_program *prog, FILE *to)
{
	size_t width = strlen("    --version");
	const struct opt_program *c;
	char left[100], help[400];

	for (const struct opt *o = prog->opts; o->name; o++) {
		if (!o->help)
			continue;
		size_t w = 6 + strlen(o->name) + (o->arg ? !is_optional(o) + strlen(o->arg) : 0);

		width = w > width && w <= LEFT_MAX ? w : width;
	}
	fprintf(to, "Usage: %s [OPTION...]%s%s\n%s.\n\n", prog->name, *prog->operands ? " " : "",
		prog->operands, prog->purpose);
	for (const struct opt *o = prog->opts; o->name; o++) {
		if (!o->help)
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
			 o->arg && !is_optional(o) ? " " : "", o->arg ? o->arg : "");
		snprintf(help, sizeof(help), "%s%s", o->help, repetition(o));
		help_row(to, left, width, help);
	}
	for (size_t i = 0; prog->command && (c = prog->command(i)); i++)
		fprintf(to, "  %s%s%s\n      %s\n%s", c->name, *c->operands ? " " : "", c->operands,
			c->purpose, prog->command(i + 1) ? "" : "\n");
	help_row(to, "    --help", width, "show this help");
	help_row(to, "    --version", width, "show the version");
}

void opt_table(const struct opt_program *prog, FILE *to)
{
	for (const struct opt *o = prog->opts; o->name; o++)
		if (o->help)
			fprintf(to, "%c%c\t--%s\t%s\t%s%s\n", o->letter ? '-' : ' ',
				o->letter ? o->letter : ' ', o->name, o->arg ? o->arg : "", o->help,
				repetition(o));
	fprintf(to, "  \t--help\t\tshow this help\n  \t--version\t\tshow the version\n");
}

void opt_refused(const struct opt_program *prog, FILE *to)
{
	for (const struct opt *o = prog->opts; o->name; o++)
		if (is_instead(o))
			fprintf(to, "--%s\t%s\n", o->name, o->arg);
}
