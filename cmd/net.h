/* The commands of ct-net. The options and the help of each command are in the tables of ct-net.c. */
#ifndef CT_NET_H
#define CT_NET_H

#include "base/err.h"
#include "base/table.h"
#include "store/store.h"

/* The options of all commands. */
struct net_args {
	struct listing listing;
	const char *subnet, *network;
	bool internal, isolated, force, explain;
};

/* The store and the netlink socket, which every command uses. */
struct netlink;
struct host {
	struct store store;
	struct netlink *rtnl;
	bool force;
};

int host_open(struct host *h, enum store_want want, struct err *e);
void host_close(struct host *h);
#define own_host __attribute__((cleanup(host_close)))

/* Each command prints its errors and returns the exit status. */
int net_up(const struct net_args *args, char **operands);
int net_down(const struct net_args *args, char **operands);
int net_ls(const struct net_args *args, char **operands);
int net_create(const struct net_args *args, char **operands);
int net_rm(const struct net_args *args, char **operands);
int net_connect(const struct net_args *args, char **operands);
int net_disconnect(const struct net_args *args, char **operands);
int net_publish(const struct net_args *args, char **operands);
int net_unpublish(const struct net_args *args, char **operands);
int net_bridge(const struct net_args *args, char **operands);
int net_pair(const struct net_args *args, char **operands);
int net_address(const struct net_args *args, char **operands);
int net_route(const struct net_args *args, char **operands);
int net_nat(const struct net_args *args, char **operands);

/* Disconnects every running container from a network, and prints a note for each. */
int disconnect_all(struct host *h, const char *network, struct err *e);

#endif
