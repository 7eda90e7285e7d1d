/*
 * reason.h
 *	  One thing that speaks for or against a booking: a row of why_refused().
 */
#ifndef SP71_REASON_H
#define SP71_REASON_H

#include "sp71_steering.h"

#include "nodes/execnodes.h"

/* Columns of why_refused(). */
typedef enum ReasonColumn
{
	REASON_CODE,
	REASON_SQLSTATE,
	REASON_CAP,
	REASON_SERVICE,
	REASON_PARTICIPANT,
	REASON_METRIC,
	REASON_VALID_FROM,
	REASON_VALID_TO,
	REASON_AMOUNT,
	REASON_BLOCKS_AT,
	REASON_STORED,
	REASON_UNWRITTEN,
	REASON_OWN,
	REASON_COMMITMENTS,
	REASON_AFTER,
	REASON_MISSING,
	REASON_VERDICT,
	REASON_STRIPES,
	REASON_HELD,
	REASON_HELD_BY,
	REASON_RAISED_BY,
	REASON_EXPLANATION,
	REASON_COLUMNS /* how many there are */
} ReasonColumn;

/* A row that is being made: what is not set is null. */
typedef struct Reason
{
	Datum values[REASON_COLUMNS];
	bool nulls[REASON_COLUMNS];
} Reason;

extern void reason_begin(Reason *reason, const char *code);
extern void reason_set(Reason *reason, ReasonColumn column, Datum value);
extern void reason_set_text(Reason *reason, ReasonColumn column, const char *text);
extern void reason_set_amount(Reason *reason, ReasonColumn column, int128 sum);
extern void reason_put(ReturnSetInfo *result, Reason *reason);

#endif
