/* Writes steps as JSON Lines, for `ct-build --print steps`. */
#ifndef CT_STEPSJSON_H
#define CT_STEPSJSON_H

struct buf;
struct steps;

/*
 * Writes one object for each step of the needed stages: stage (its number), line, instruction,
 * text, args, and the keys of its kind of step (ct-build(1)).
 */
void stepsjson_write(const struct steps *all, struct buf *out);

#endif
