#include "unit.h"

#include "base/opt.h"
#include "base/own.h"

struct args {
	bool detach, tty;
	const char *name;
	struct strv env, words;
	uint64_t memory, shares;
};

static const struct opt opts[] = {
	OPT_FLAG(struct args, detach, 'd', "detach", "leave it in the background"),
	OPT_FLAG(struct args, tty, 't', "tty", "a terminal"),
	OPT_TEXT(struct args, name, 0, "name", "NAME", "its name"),
	OPT_LIST(struct args, env, 'e', "env", "KEY=VALUE", "an environment variable"),
	OPT_SIZE(struct args, memory, 'm', "memory", "memory it may use"),
	OPT_WORDS(struct args, words, 0, "words", "W,...", "some words"),
	OPT_COUNT(struct args, shares, 0, "cpu-shares", "N", "weight"),
	OPT_END,
};

static struct opt_program prog;
static struct args args;
static struct err e;
static int first;
static char *argv[24];

static int fresh(void **state)
{
	(void)state;
	strv_free(&args.env);
	strv_free(&args.words);
	memset(&args, 0, sizeof(args));
	memset(&e, 0, sizeof(e));
	prog = (struct opt_program){.name = "ct-test",
				    .operands = "IMAGE [ARG...]",
				    .purpose = "Tests options",
				    .opts = opts,
				    .max = -1};
	return 0;
}

/* Parses a command line of words separated by spaces; the operands begin at argv[first]. */
static int parse(const char *line)
{
	static char copy[200];
	int argc = 0;

	snprintf(copy, sizeof(copy), "ct-test %s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	first = -1;
	return opt_parse(&prog, argc, argv, &args, &first, &e);
}

static void options_and_operands_may_be_mixed(void **state)
{
	(void)state;
	assert_int_equal(parse("a -d b --name web c"), OPT_GO);
	assert_true(args.detach);
	assert_false(args.tty);
	assert_string_equal(args.name, "web");
	assert_string_equal(argv[first], "a");
	assert_string_equal(argv[first + 1], "b");
	assert_string_equal(argv[first + 2], "c");
	assert_null(argv[first + 3]);
}

static void options_can_end_at_the_first_operand(void **state)
{
	(void)state;
	prog.in_order = true;
	assert_int_equal(parse("-t img ls -d --help -- x"), OPT_GO);
	assert_true(args.tty);
	assert_false(args.detach);
	assert_string_equal(argv[first], "img");
	assert_string_equal(argv[first + 2], "-d");
	assert_string_equal(argv[first + 4], "--");
}

static void two_dashes_end_options(void **state)
{
	(void)state;
	assert_int_equal(parse("a -- -d --"), OPT_GO);
	assert_false(args.detach);
	assert_string_equal(argv[first + 1], "-d");
	assert_string_equal(argv[first + 2], "--");
	assert_null(argv[first + 3]);
}

static void a_single_dash_is_an_operand(void **state)
{
	(void)state;
	assert_int_equal(parse("-"), OPT_GO);
	assert_string_equal(argv[first], "-");
}

static void short_options_can_be_bundled_with_an_argument_last(void **state)
{
	(void)state;
	assert_int_equal(parse("-dtm1g -e A=1 -eB=2 --env=C=3"), OPT_GO);
	assert_true(args.detach && args.tty);
	assert_int_equal(args.memory, 1 << 30);
	assert_int_equal(args.env.n, 3);
	assert_string_equal(args.env.v[0], "A=1");
	assert_string_equal(args.env.v[1], "B=2");
	assert_string_equal(args.env.v[2], "C=3");
}

static void a_short_option_may_have_its_value_after_an_equals_sign(void **state)
{
	(void)state;
	assert_int_equal(parse("-d=true -t=false -m=1g -e=A=1"), OPT_GO);
	assert_true(args.detach && !args.tty);
	assert_int_equal(args.memory, 1 << 30);
	assert_string_equal(args.env.v[0], "A=1");
	assert_refused(parse("-dt=maybe"), &e, "--tty: maybe: not true or false");
}

static void an_argument_may_look_like_an_option_or_be_empty(void **state)
{
	(void)state;
	assert_int_equal(parse("--name --tty"), OPT_GO);
	assert_string_equal(args.name, "--tty");
	assert_false(args.tty);
	assert_int_equal(parse("--name="), OPT_GO);
	assert_string_equal(args.name, "");
}

static void a_second_value_of_a_single_valued_option_is_refused(void **state)
{
	(void)state;
	assert_refused(parse("-m 1g --memory=2g"), &e, "--memory: given twice");
	memset(&args, 0, sizeof(args));
	assert_refused(parse("--name a --name a"), &e, "--name: given twice");
	assert_refused(parse("--name= --name a"), &e, "--name: given twice");
	assert_refused(parse("--cpu-shares 0 --cpu-shares 0"), &e, "--cpu-shares: given twice");
	/* After the first operand of ct-run, options belong to another program. */
	prog.in_order = true;
	assert_int_equal(parse("--name a img --name b"), OPT_GO);
}

static void lists_accumulate_and_repeated_flags_are_harmless(void **state)
{
	(void)state;
	assert_int_equal(parse("-dd --detach -t -e A --env B --words a,b --words c"), OPT_GO);
	assert_true(args.detach && args.tty);
	assert_int_equal(args.env.n, 2);
	assert_int_equal(args.words.n, 3);
	assert_string_equal(args.words.v[2], "c");
}

static void errors_name_the_option(void **state)
{
	(void)state;
	assert_refused(parse("--nmae x"), &e, "--nmae: unknown option");
	assert_refused(parse("--nam x"), &e, "--nam: unknown option");
	assert_refused(parse("--name=x --foo=bar"), &e, "--foo=bar: unknown option");
	assert_refused(parse("-dx"), &e, "-x: unknown option");
	assert_refused(parse("--name"), &e, "--name: needs NAME");
	assert_refused(parse("-d -m"), &e, "-m: needs SIZE");
	assert_refused(parse("--tty=yes"), &e, "--tty: yes: not true or false");
	assert_refused(parse("-m 12x"), &e,
		       "--memory: 12x: not a size (a number, or one with k, m, g or t)");
	assert_refused(parse("--cpu-shares=-1"), &e, "--cpu-shares: -1: not a number");
}

static void operands_are_counted(void **state)
{
	(void)state;
	prog.min = 1, prog.max = 2;
	assert_refused(parse("-d"), &e, "missing operand: ct-test IMAGE [ARG...]");
	assert_refused(parse("a b c d"), &e, "c: extra operand");
	assert_int_equal(parse("a b"), OPT_GO);
}

static void help_and_version_need_no_operands(void **state)
{
	(void)state;
	prog.min = 1;
	assert_int_equal(parse("--help"), OPT_HELP);
	assert_int_equal(parse("-d --version"), OPT_VERSION);
	assert_int_equal(parse("--help=table"), OPT_TABLE);
}

static void help_shows_the_purpose_on_its_second_line_and_each_option(void **state)
{
	own_str char *text = NULL;
	own_strv struct strv lines = {0};
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	opt_help(&prog, f);
	fclose(f);
	strv_split(&lines, text, '\n');
	assert_string_equal(lines.v[0], "Usage: ct-test [OPTION...] IMAGE [ARG...]");
	assert_string_equal(lines.v[1], "Tests options.");
	assert_string_equal(lines.v[3], "  -d, --detach         leave it in the background");
	assert_string_equal(lines.v[5], "      --name NAME      its name");
	assert_string_equal(lines.v[6],
			    "  -e, --env KEY=VALUE  an environment variable (repeatable)");
	assert_string_equal(lines.v[10], "      --help           show this help");
}

static void the_table_has_a_line_for_each_option(void **state)
{
	own_str char *text = NULL;
	own_strv struct strv lines = {0};
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	opt_table(&prog, f);
	fclose(f);
	strv_split(&lines, text, '\n');
	assert_string_equal(lines.v[0], "-d\t--detach\t\tleave it in the background");
	assert_string_equal(lines.v[2], "  \t--name\tNAME\tits name");
	assert_int_equal(lines.n, 7 + 2 + 1);
}

static int finish(void **state)
{
	return fresh(state);
}

#define test(f) cmocka_unit_test_setup_teardown(f, fresh, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(options_and_operands_may_be_mixed),
		test(options_can_end_at_the_first_operand),
		test(two_dashes_end_options),
		test(a_single_dash_is_an_operand),
		test(short_options_can_be_bundled_with_an_argument_last),
		test(a_short_option_may_have_its_value_after_an_equals_sign),
		test(an_argument_may_look_like_an_option_or_be_empty),
		test(a_second_value_of_a_single_valued_option_is_refused),
		test(lists_accumulate_and_repeated_flags_are_harmless),
		test(errors_name_the_option),
		test(operands_are_counted),
		test(help_and_version_need_no_operands),
		test(help_shows_the_purpose_on_its_second_line_and_each_option),
		test(the_table_has_a_line_for_each_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
