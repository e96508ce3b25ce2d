/* The commands of ct-volumes. The options and the help of each command are in the tables of
 * ct-volumes.c. */
#ifndef CT_VOLUMES_H
#define CT_VOLUMES_H

#include "base/str.h"
#include "base/table.h"

/* The options of all commands. */
struct volumes_args {
	struct listing listing;
	struct strv labels;
	const char *from;
};

/* Each command prints its errors and returns the exit status. */
int volumes_create(const struct volumes_args *args, char **operands);
int volumes_snapshot(const struct volumes_args *args, char **operands);
int volumes_import(const struct volumes_args *args, char **operands);
int volumes_export(const struct volumes_args *args, char **operands);

#endif
