/* Steps as JSON Lines, for `ct-build --print steps`. */
#ifndef CT_STEPSJSON_H
#define CT_STEPSJSON_H

struct buf;
struct steps;

/*
 * An object a line for each step of the stages that the target is made from: stage (its number),
 * line, instruction, text, args, and what the kind of step has besides (ct-build(1)).
 */
void stepsjson_write(const struct steps *all, struct buf *out);

#endif
