/*
 * Runs commands of nft(8) through libnftables, without a program, in the caller's network
 * namespace. The library is loaded at the first command, because most runs need none.
 */
#ifndef CT_NFTRUN_H
#define CT_NFTRUN_H

struct buf;
struct err;

/*
 * Runs the commands of one text as a transaction. what: their purpose, for messages ("publish
 * 80/tcp"), followed by nft's own first line. e->sys ENOENT: an object to be changed or deleted
 * does not exist.
 */
int nftrun(const char *what, const char *commands, struct err *e);
/* Adds shell commands that run the same with nft(8). */
void nftrun_shell(const char *commands, struct buf *to);
/* The same for commands that contain variables of the script, such as $link. */
void nftrun_script(const char *commands, struct buf *to);

#endif
