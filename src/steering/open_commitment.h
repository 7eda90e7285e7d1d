/*
 * open_commitment.h
 *	  Commitments that stay open in a period that is closed.
 */
#ifndef SP71_OPEN_COMMITMENT_H
#define SP71_OPEN_COMMITMENT_H

#include "sp71_steering.h"

extern const char *open_commitment_columns(void);
extern const char *open_commitment_sums(void);
extern void open_commitment_tell(Datum during, const char *period);

#endif
