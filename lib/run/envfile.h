/* Files of environment variables (--env-file). */
#ifndef CT_ENVFILE_H
#define CT_ENVFILE_H

struct err;
struct strv;

/*
 * Adds the settings of a file, one NAME=VALUE or NAME on each line, as docker(1) reads them: blank
 * lines and lines that begin with "#" are skipped, blanks before a name and a carriage return at
 * the end of a line are dropped, values are literal. Lines that a shell would read differently
 * ("export X=1", "X = 1") are refused; the error names the file and the line.
 */
int envfile_read(const char *path, struct strv *settings, struct err *e);

#endif
