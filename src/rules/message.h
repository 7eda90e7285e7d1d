/*
 * message.h
 *	  Every refusal and warning about caps and bookings, in one place.
 */
#ifndef SP71_MESSAGE_H
#define SP71_MESSAGE_H

#include "sp71_steering.h"

#include "mapping/mapping.h"
#include "refusals/refusal_record.h"
#include "registers/register_node.h"
#include "rules/cap_figures.h"
#include "rules/closed_days.h"
#include "types/usage.h"

#define ERRCODE_BOOKING_KEY_UNKNOWN MAKE_SQLSTATE('2', '3', 'S', '7', '3')
#define ERRCODE_PERIOD_CLOSED MAKE_SQLSTATE('2', '3', 'S', '7', '4')

pg_noreturn extern void message_refuse_limit(const CapFigures *figures, Amount blocks_at,
											 Amount used);
extern void message_unreadable(const Source *source);
extern void message_alias_waits(const char *name);
extern void message_lost(const char *name);
extern void message_query_lost(const char *name, const char *query);
extern void message_not_attached(Oid relid, const ErrorData *error);
extern void message_warn(int elevel, const CapFigures *figures, Amount threshold, Amount after,
						 Oid relid);
extern void message_warn_lent(const CapFigures *figures, Amount threshold, Amount used,
							  Amount elsewhere, Oid relid);
pg_noreturn extern void message_unknown_code(const Source *source, const char *what, text *code,
											 const char *rows);
pg_noreturn extern void message_unknown_date(const Source *source, const MappedRow *row,
											 const char *rows);
pg_noreturn extern void message_not_valid_on(const Source *source, const char *what,
											 const RegisterNode *node, DateADT day,
											 const char *rows);
pg_noreturn extern void message_unknown_order(const char *reference, const Source *source);
pg_noreturn extern void message_no_cap(const Source *source, const char *service,
									   const char *participant, DateADT day);

/* message_closed.c */
pg_noreturn extern void message_closed(ClosedRange closed, const char *service,
									   const char *participant, const char *when, bool commitment,
									   const UsageSum *change, Oid relid, bool at_commit,
									   bool of_bookings);
extern char *message_closing(int32 closing_id, TimestampTz closed_at);

/* message.c, for who refuses */
extern void message_keep(RefusalKind kind, int sqlstate, Oid relid, const char *service,
						 const char *participant, const DateADT *day);
extern int message_fields(Oid relid, const char *constraint);
extern char *message_exceeded(const CapFigures *figures);

#endif
