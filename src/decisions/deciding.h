/*
 * deciding.h
 *	  What all of decisions/ stands on: which day it is, what locks there are, and whether a proposal is
 *	  being done.
 *
 * The order of locks: the rules (shared by who decides, exclusive by who changes rules, mandates, bodies and deputies,
 * and by who signs that), the row of a decision, what the act itself locks, the functionaries whose limits are used,
 * and last, in the deferred trigger at the end of the transaction, the head of the log. Each is held to the end of the
 * transaction; before the act of a decision they are only waited for. An act that is called directly shares the rules
 * after what it locks itself. So who changes rules and does acts in one transaction may meet a deadlock; and who books
 * and then signs in one: he holds counters that the act of another signature may wait for, which holds what he wants
 * next. One statement cannot, and what can is as with any rows: PostgreSQL ends one of the two (40P01), and nothing of
 * it is done. No order would help, since what a transaction does next nobody knows.
 *
 * SET CONSTRAINTS ALL IMMEDIATE takes the head when the act is done instead of at the end. From then on other
 * decisions wait for this transaction at their ends, as they would for any row that it holds; bookings do not.
 */
#ifndef SP71_DECIDING_H
#define SP71_DECIDING_H

#include "sp71_steering.h"

#include "commands/trigger.h"
#include "lib/stringinfo.h"
#include "storage/lockdefs.h"
#include "utils/date.h"

/* 23S75: who acts may not, as rules and mandates are now. */
#define ERRCODE_NOT_AUTHORIZED MAKE_SQLSTATE('2', '3', 'S', '7', '5')

/* A proposal that is being done: what asks in it is written down, and judged afterwards. */
typedef struct DecidingRun
{
	struct DecidingRun *outer;
	StringInfoData questions; /* their JSON, with commas in between */
	int count;
} DecidingRun;

extern DateADT deciding_day(void);
extern void deciding_lock_rules(LOCKMODE mode);
extern void deciding_lock_rules_alone(void);
extern void deciding_lock_functionary(const char *name);
extern void deciding_await_functionary(const char *name);
extern void deciding_lock_head(void);
extern bool deciding_is_ruled(void);
extern bool deciding_has_details(void);
extern bool deciding_is_restore(void);
extern bool deciding_is_exempt(void);
extern void deciding_check_session(void);

extern void deciding_check_open(int32 decision, uint64 found);
extern TriggerData *deciding_trigger(FunctionCallInfo fcinfo);

extern void deciding_begin(DecidingRun *run);
extern void deciding_end(DecidingRun *run);
extern bool deciding_note(const char *question);

#endif
