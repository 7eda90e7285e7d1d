/*
 * ladder_sql.c
 *	  steering.ladder in SQL: input and output.
 *
 * Comparison and hashing need nothing here: equal ladders are equal bytes, so the script declares the
 * server's own functions for bytea.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"

#include "access/htup_details.h" /* brings SET_VARSIZE() in every release */
#include "types/ladder.h"
#include "types/ladder_draft.h"
#include "types/soft_error.h"

#define FAULT_TEXT_LENGTH 60 /* how many bytes of a wrong step a message shows */

/* Copies a draft into a ladder of its own. */
static Ladder *
ladder_from_draft(const LadderDraft *draft)
{
	Size size = LADDER_SIZE(draft->nsteps);
	Ladder *ladder = palloc(size);

	SET_VARSIZE(ladder, size);
	ladder->nsteps = draft->nsteps;
	memcpy(ladder->steps, draft->steps, draft->nsteps * sizeof(LadderStep));
	return ladder;
}

/* Words the DETAIL about a wrong step: which, how it was written, what is wrong. */
static char *
ladder_fault_detail(const LadderFault *fault)
{
	int shown = pg_mbcliplen(fault->text, fault->length, FAULT_TEXT_LENGTH);

	if (fault->length == 0)
		return psprintf(_("Step %d: %s."), fault->step, _(ladder_flaw_text(fault->flaw)));
	return psprintf(_("Step %d, \"%.*s%s\": %s."), fault->step, shown, fault->text,
					shown < fault->length ? "..." : "", _(ladder_flaw_text(fault->flaw)));
}

/* Reads a ladder; 22P02, or 22003 for a threshold that is too large. */
PG_FUNCTION_INFO_V1(steering_ladder_in);
Datum
steering_ladder_in(PG_FUNCTION_ARGS)
{
	char *string = PG_GETARG_CSTRING(0);
	LadderDraft draft;
	LadderFault fault;

	if (ladder_draft_parse(&draft, string, &fault))
		PG_RETURN_POINTER(ladder_from_draft(&draft));

	if (fault.flaw == LADDER_TOO_LARGE)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value \"%s\" is out of range for type ladder", string),
				 errdetail_internal("%s", ladder_fault_detail(&fault))));
	ereturn(
		fcinfo->context, (Datum) 0,
		(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
		 errmsg("invalid input syntax for type ladder: \"%s\"", string),
		 errdetail_internal("%s", ladder_fault_detail(&fault)),
		 errhint(
			 "Write a ladder as \"80%% notify, 100%% warn, 105%% block\" or \"100%% warn, +40 block\".")));
}

/* Writes a ladder in canonical form. */
PG_FUNCTION_INFO_V1(steering_ladder_out);
Datum
steering_ladder_out(PG_FUNCTION_ARGS)
{
	Ladder *ladder = PG_GETARG_LADDER(0);
	StringInfoData result;

	initStringInfo(&result);
	for (int i = 0; i < ladder->nsteps; i++)
	{
		char step[LADDER_STEP_TEXT_LENGTH];
		int length = ladder_print_step(&ladder->steps[i], step);

		if (i > 0)
			appendStringInfoString(&result, ", ");
		appendBinaryStringInfo(&result, step, length);
	}
	PG_RETURN_CSTRING(result.data);
}

/* Reads a count, then unit, action and value of each step; 22P03 wherever text would be refused. */
PG_FUNCTION_INFO_V1(steering_ladder_recv);
Datum
steering_ladder_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int nsteps = pq_getmsgbyte(message);
	LadderDraft draft = {0};

	if (nsteps < 1 || nsteps > LADDER_MAX_STEPS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid number of steps in external \"ladder\" value: %d", nsteps)));
	for (int i = 0; i < nsteps; i++)
	{
		LadderStep step;
		LadderFlaw flaw;

		step.unit = pq_getmsgbyte(message);
		step.action = pq_getmsgbyte(message);
		step.value = pq_getmsgint64(message);
		flaw = ladder_draft_add(&draft, step);
		if (flaw != LADDER_FLAWLESS)
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
							errmsg("invalid step in external \"ladder\" value"),
							errdetail("Step %d: %s.", i + 1, _(ladder_flaw_text(flaw)))));
	}
	PG_RETURN_POINTER(ladder_from_draft(&draft));
}

/* Sends a ladder as steering_ladder_recv() reads it. */
PG_FUNCTION_INFO_V1(steering_ladder_send);
Datum
steering_ladder_send(PG_FUNCTION_ARGS)
{
	Ladder *ladder = PG_GETARG_LADDER(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, ladder->nsteps);
	for (int i = 0; i < ladder->nsteps; i++)
	{
		pq_sendbyte(&message, ladder->steps[i].unit);
		pq_sendbyte(&message, ladder->steps[i].action);
		pq_sendint64(&message, ladder->steps[i].value);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
