/*
 * Keeps the host's ct binary out of a container's reach. /proc/PID/exe of a process on its way
 * into a container leads to that binary, and root without a user namespace could overwrite it
 * (the class of CVE-2019-5736).
 */
#ifndef CT_SELFEXE_H
#define CT_SELFEXE_H

#include <stdbool.h>

struct err;

/*
 * Copies main's arguments. Use the copies instead of argv, because selfexe_retitle overwrites
 * argv. The caller may reorder the list; it lives as long as the process.
 */
char **selfexe_take_args(char **argv);

/*
 * Sets the command line that every user of the host sees in ps(1). The real arguments may hold
 * secrets. Children inherit the title until they execute a program.
 */
void selfexe_retitle(const char *title);
/*
 * Unmaps the program's code and constants, which the next use maps again from the page cache, and
 * frees the unused pages of the stack. A process that waits for a long time then keeps only the
 * pages that waiting uses, fewest if the functions that wait are `hot`.
 */
void selfexe_forget_code(void);
/* Sets the title "ct-run: WHAT". */
void selfexe_show(const char *what);

/*
 * Makes the file that /proc/self/exe leads to one to which no process can write: this program on a
 * read-only mount that is attached nowhere. Where the kernel does not let a process move there,
 * the program is executed again with the same arguments, from that mount or, where that is not
 * possible, from a sealed copy in memory (memfd_create(2)): call this before anything is made or
 * read. Returns 0 when the process runs from there.
 */
int selfexe_seal(struct err *e);
bool selfexe_sealed(void);

/*
 * The path of another program in this program's directory; NULL if the directory is unknown.
 * The caller frees it.
 */
char *selfexe_beside(const char *name);

#endif
