/*
 * The system calls that a fault driver chooses (-k):
 *
 *	change		they make, change or remove something
 *	descriptor	they open something
 *	step		those of change, and those that wait, execute a program or end
 *			the process
 */
#ifndef CT_KIND_H
#define CT_KIND_H

#include <stdbool.h>
#include <sys/user.h>

/* The number of a call; kind_choose chooses a kind. Both end the program if there is none of that
 * name. */
long kind_number(const char *name);
void kind_choose(const char *name);
/* Whether a call, with these registers at its entry, is of the kind. Before kind_choose: always. */
bool kind_has(long call, const struct user_regs_struct *regs);

#endif
