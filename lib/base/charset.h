/*
 * The names of files and hosts are UTF-8 here, whatever the user's locale is: libarchive and
 * libcurl convert them by the locale's character set. Called before they are used; a program that
 * uses neither does not load the tables.
 */
#ifndef CT_CHARSET_H
#define CT_CHARSET_H

void charset_load(void);

#endif
