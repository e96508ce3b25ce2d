/* Files of environment variables (--env-file). */
#ifndef CT_ENVFILE_H
#define CT_ENVFILE_H

struct err;
struct strv;

/*
 * Adds the settings of a file, NAME=VALUE or NAME a line, as docker(1) reads them: lines that are
 * blank or begin with "#" count for nothing, blanks before a name and a carriage return at
 * the end of a line are dropped, a value is taken as it is. What a shell would read
 * otherwise ("export X=1", "X = 1") is refused; the error names the file and the line.
 */
int envfile_read(const char *path, struct strv *settings, struct err *e);

#endif
