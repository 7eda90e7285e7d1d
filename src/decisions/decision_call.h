/*
 * decision_call.h
 *	  An act with its arguments, as a call that the database makes.
 */
#ifndef SP71_DECISION_CALL_H
#define SP71_DECISION_CALL_H

#include "sp71_steering.h"

#include "utils/jsonb.h"

typedef struct DecisionCall
{
	char *query; /* SELECT * FROM steering.set_cap(service => $1, ...) */
	int count;
	Oid *types;
	Datum *values;
	char *nulls;
	Datum arguments; /* as jsonb, each as it was understood: what is stored and signed */
	Oid table;       /* that an argument names, as it was understood; InvalidOid: none does */
} DecisionCall;

extern void decision_call_make(const char *act, Jsonb *arguments, DecisionCall *call);

#endif
