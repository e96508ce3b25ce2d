/* Prints words on one line with control characters escaped: error messages of shell scripts. */
#include <stdio.h>

#include "base/own.h"
#include "base/str.h"
#include "cmd.h"

static const struct opt opts[] = {
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-echo",
	.operands = "[WORD...]",
	.purpose = "Print words on one line, control characters escaped",
	.opts = opts,
	.max = -1,
};

int main(int argc, char **argv)
{
	char **words = cmd_begin(&program, argc, argv, NULL);

	for (char **word = words; *word; word++) {
		own_str char *shown = str_printable(*word);

		printf("%s%s", word == words ? "" : " ", shown);
	}
	putchar('\n');
	return cmd_end(0);
}
