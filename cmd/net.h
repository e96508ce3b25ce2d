/*
 * The commands of ct-net: each a function here, with its options and its help in the table of
 * ct-net.c.
 */
#ifndef CT_NET_H
#define CT_NET_H

#include "err.h"
#include "table.h"

/* The options of all of them. */
struct net_args {
	struct listing listing;
	const char *subnet;
	bool internal, isolated;
};

/* Each gives the exit status, having complained of what failed. */
int net_up(const struct net_args *args, char **operands);
int net_down(const struct net_args *args, char **operands);
int net_ls(const struct net_args *args, char **operands);
int net_create(const struct net_args *args, char **operands);
int net_rm(const struct net_args *args, char **operands);

#endif
