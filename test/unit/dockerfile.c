#include "unit.h"

#include "base/own.h"
#include "build/dockerfile.h"

/* Prints each instruction as LINE NAME [FLAG]... {REST} or (ITEM)..., with "<NAME:CONTENT>" for
 * each heredoc; then the faults. */
static char *read_text(const char *text, size_t len)
{
	own_dockerfile struct dockerfile f = {0};
	own_faults struct faults faults = {0};
	struct buf out = {0};

	buf_str(&out, "");
	dockerfile_read(text, len, &f, &faults);
	for (size_t i = 0; i < f.n; i++) {
		const struct instruction *in = &f.v[i];

		buf_fmt(&out, "%s%d %s", i ? "\n" : "", in->line, in->name);
		for (size_t k = 0; k < in->flags.n; k++)
			buf_fmt(&out, " [%s]", in->flags.v[k]);
		if (!in->json)
			buf_fmt(&out, " {%s}", in->rest);
		for (size_t k = 0; in->json && k < in->args.n; k++)
			buf_fmt(&out, " (%s)", in->args.v[k]);
		for (size_t k = 0; k < in->docs.n; k++)
			buf_fmt(&out, " <%s%s%s:%s>", in->docs.v[k].name,
				in->docs.v[k].expand ? "$" : "", in->docs.v[k].chomp ? "-" : "",
				in->docs.v[k].content);
	}
	for (size_t i = 0; i < faults.n; i++)
		buf_fmt(&out, "\n!%d %s", faults.v[i].line, faults.v[i].what);
	return out.data;
}

static void is(const char *text, const char *result)
{
	own_str char *got = read_text(text, strlen(text));

	assert_string_equal(got, result);
}

/* Dockerfile reference, "Format": case, comments, blanks before instructions, comments and blank
 * lines in continued ones. */
static void lines_become_instructions(void **state)
{
	(void)state;
	is("from a\n  Run x  \n\n# no\n   # no\nCMD y", "1 FROM {a}\n2 RUN {x}\n6 CMD {y}");
	is("FROM a\r\nRUN b\r\n", "1 FROM {a}\n2 RUN {b}");
	is("\xef\xbb\xbf"
	   "FROM a",
	   "1 FROM {a}");
	is("RUN echo a \\\n  # no\n\n  b \\  \n c\nCMD d", "1 RUN {echo a   b  c}\n6 CMD {d}");
	is("RUN a \\\\\nCMD b", "1 RUN {a \\\\}\n2 CMD {b}");
	is("RUN a\\\nb", "1 RUN {ab}");
	is("RUN a \\", "1 RUN {a}");
	is("\\\nRUN a", "1 RUN {a}");
	is("RUN", "1 RUN {}");
	is("", "");
	is("# only\n\n", "");
}

/* Dockerfile reference, "Parser directives" and its examples. */
static void directives_stand_before_all_else(void **state)
{
	(void)state;
	is("# escape=`\nRUN a `\n b\nRUN c \\\nRUN d", "2 RUN {a  b}\n4 RUN {c \\}\n5 RUN {d}");
	is("#  Escape = `  \r\nRUN a `\n b", "2 RUN {a  b}");
	is("# syntax=docker/dockerfile:1\n# escape=`\nRUN a`\nb", "3 RUN {ab}");
	is("# check=skip=all\n# escape=`\nRUN a`\nb", "3 RUN {ab}");
	is("# comment\n# escape=`\nRUN a\\\nb", "3 RUN {ab}");
	is("# unknown=x\n# escape=`\nRUN a\\\nb", "3 RUN {ab}");
	is("\n# escape=`\nRUN a\\\nb", "3 RUN {ab}");
	is("FROM a\n# escape=`\nRUN a\\\nb", "1 FROM {a}\n3 RUN {ab}");
	is("# escape=x\nRUN a", "2 RUN {a}\n!1 directive escape: x: neither \"\\\" nor \"`\"");
	is("# escape=\\\n# ESCAPE=`\nRUN a", "3 RUN {a}\n!2 directive escape: given twice");
}

static void flags_stand_before_arguments(void **state)
{
	(void)state;
	is("COPY --from=x --chown=1:2 a b --c", "1 COPY [--from=x] [--chown=1:2] {a b --c}");
	is("RUN --mount=type=bind,\"a b\" -- --x", "1 RUN [--mount=type=bind,a b] {--x}");
	is("RUN --a='b c'\\ d x", "1 RUN [--a=b c d] {x}");
	is("RUN -x", "1 RUN {-x}");
}

static void json_form_and_shell_form_are_distinguished(void **state)
{
	(void)state;
	is("CMD [\"a\", \"b c\"]", "1 CMD (a) (b c)");
	is("CMD [ -f x ]", "1 CMD {[ -f x ]}");
	is("CMD ['a']", "1 CMD {['a']}");
	is("COPY [\"a b\", \"c\"]", "1 COPY (a b) (c)");
	is("ENV [\"a\"]", "1 ENV {[\"a\"]}");
	is("CMD [1]", "1 CMD\n!1 a JSON array with other values than strings (or with a NUL)");
}

/* Dockerfile reference, "Here-Documents". */
static void heredocs_take_the_lines_that_follow(void **state)
{
	(void)state;
	is("RUN <<EOF\na\n # b\n\nEOF\nCMD c", "1 RUN {<<EOF} <EOF$:a\n # b\n\n>\n6 CMD {c}");
	is("RUN <<-EOF\n\ta\n\tEOF\nCMD c", "1 RUN {<<-EOF} <EOF$-:\ta\n>\n4 CMD {c}");
	is("RUN <<'EOF'\n$a\nEOF", "1 RUN {<<'EOF'} <EOF:$a\n>");
	is("RUN cat <<A <<\"B\" > x\na\nA\nb\nB", "1 RUN {cat <<A <<\"B\" > x} <A$:a\n> <B:b\n>");
	is("COPY <<a <<b /x/\n1\na\n2\nb\n", "1 COPY {<<a <<b /x/} <a$:1\n> <b$:2\n>");
	is("RUN <<EOF\r\na\r\nEOF\r\nCMD b", "1 RUN {<<EOF} <EOF$:a\r\n>\n4 CMD {b}");
	is("RUN cat << EOF >x\na\nEOF", "1 RUN {cat << EOF >x} <EOF$:a\n>");
	is("RUN 3<<EOF cat\na\nEOF", "1 RUN {3<<EOF cat} <EOF$:a\n>");
	is("RUN <<EOF\na", "1 RUN {<<EOF} <EOF$:a>\n!1 RUN: heredoc without its end line EOF");
}

static void operators_that_look_like_a_heredoc_are_none(void **state)
{
	(void)state;
	is("RUN echo \"a <<b\" $((1<<4)) \\<<c <<<x",
	   "1 RUN {echo \"a <<b\" $((1<<4)) \\<<c <<<x}");
	is("RUN echo $(( 1 << 4 ))", "1 RUN {echo $(( 1 << 4 ))}");
	is("ENV A=<<EOF\nCMD x", "1 ENV {A=<<EOF}\n2 CMD {x}");
	is("RUN [\"cat\", \"<<EOF\"]", "1 RUN (cat) (<<EOF)");
}

static void a_nul_byte_is_a_fault(void **state)
{
	static const char text[] = "FROM a\nRUN b\0c\n";
	own_str char *got = read_text(text, sizeof(text) - 1);

	(void)state;
	assert_string_equal(got, "\n!2 a NUL byte: not a text");
}

static void words(const char *text, const char *result)
{
	own_strv struct strv list = {0};
	own_str char *got = NULL;

	dockerfile_words(text, '\\', &list);
	got = strv_join(&list, "|");
	assert_string_equal(got, result);
}

static void words_keep_their_quotes(void **state)
{
	(void)state;
	words("a=1 b=\"x y\"  c='x  y' d=x\\ y", "a=1|b=\"x y\"|c='x  y'|d=x\\ y");
	words("a=\"x\\\" y\" b", "a=\"x\\\" y\"|b");
	words("a='x\\' b", "a='x\\'|b");
	words("a\\", "a");
	words("\"\"", "\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_instructions),
		cmocka_unit_test(directives_stand_before_all_else),
		cmocka_unit_test(flags_stand_before_arguments),
		cmocka_unit_test(json_form_and_shell_form_are_distinguished),
		cmocka_unit_test(heredocs_take_the_lines_that_follow),
		cmocka_unit_test(operators_that_look_like_a_heredoc_are_none),
		cmocka_unit_test(a_nul_byte_is_a_fault),
		cmocka_unit_test(words_keep_their_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
