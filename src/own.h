/*
 * own.h
 *	  The extension's own relations: where they are, and how to run SQL on them as their owner.
 */
#ifndef SP71_OWN_H
#define SP71_OWN_H

#include "sp71_steering.h"

#include "executor/spi.h"

typedef enum OwnRelation
{
	OWN_PARTICIPANT,
	OWN_PARTICIPANT_PKEY,
	OWN_PARTICIPANT_CODE_KEY,
	OWN_SERVICE,
	OWN_SERVICE_PKEY,
	OWN_SERVICE_CODE_KEY,
	OWN_CAP,
	OWN_CAP_PKEY,
	OWN_CAP_SCOPE_KEY,
	OWN_CAP_COUNTER,
	OWN_CAP_COUNTER_PKEY,
	OWN_USAGE_CELL,
	OWN_USAGE_CELL_PKEY,
	OWN_SOURCE,
	OWN_SOURCE_RELATION_KEY,
	OWN_SINCE_0_2, /* what follows is missing where the extension is still of version 0.1 */
	OWN_CLOSING = OWN_SINCE_0_2,
	OWN_INDICATOR,
	OWN_INDICATOR_CODE_KEY,
	OWN_TARGET,
	OWN_MEASUREMENT,
	OWN_MAPPING,
	OWN_MAPPING_PKEY,
	OWN_COMMITMENT_PROBLEM,
	OWN_EVENT_LOG,     /* from 0.3; before, the table was called event */
	OWN_MISSING_TABLE, /* and source_stage */
	OWN_BILLED_CLOSING,
	OWN_RULE, /* from 0.4 */
	OWN_DECISION_LOG,
	OWN_ALIAS,
	OWN_ALIAS_VALUE_IDX,
	OWN_REFUSAL_LOG, /* from 0.5 */
	OWN_REFUSAL_LOST,
	OWN_SOURCE_EVENT_LOG, /* and what reads it */
	OWN_OVERRIDE_GRANT,
	OWN_RESERVATION,
	OWN_RESERVATION_POST,
	OWN_QUERY,
	OWN_ORDER_LINE,
	OWN_ORDER_LINE_PKEY,
	OWN_ALLOTMENT, /* from 0.7 */
	OWN_ALLOTMENT_PKEY,
	OWN_THIS_NODE,
	OWN_HELD_SCOPE, /* from 0.8 */
	OWN_RELATIONS   /* how many there are */
} OwnRelation;

/* State that own_spi_begin() saves and own_spi_end() restores. */
typedef struct OwnSpi
{
	Oid user;
	int security_context;
	int guc_nest_level;
} OwnSpi;

extern void own_register_callbacks(void);
extern bool own_installed(void);
extern bool own_has_relation(OwnRelation which);
extern Oid own_relation(OwnRelation which);
extern Oid own_owner(void);
extern bool own_is_relation(Oid relid, OwnRelation which);
extern bool own_was_relation(Oid relid, OwnRelation which);
extern uint64 own_version(OwnRelation which);
extern Oid own_type(const char *name);
extern Oid own_amount_type(void);

/* own_spi.c */
extern int own_pin_settings(void);
extern void own_unpin_settings(int nest_level);

extern void own_spi_begin(OwnSpi *state);
extern void own_spi_end(OwnSpi *state);
extern uint64 own_spi_execute_plan(SPIPlanPtr plan, Datum *values, const char *nulls);
extern uint64 own_spi_execute(const char *query, int nargs, Oid *types, Datum *values,
							  const char *nulls);
extern void own_spi_run(const char *const *statements, int count);
extern Datum own_spi_column(uint64 row, int column, bool *isnull);
extern List *own_spi_numbers(const char *query, int nargs, Oid *types, Datum *values);
extern List *own_spi_oids(const char *query, int nargs, Oid *types, Datum *values);
extern char *own_spi_text(uint64 row, int column);
extern char *own_spi_look_up(const char *query, Oid type, Datum value);
#endif
