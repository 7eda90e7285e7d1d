/*
 * rulebook.h
 *	  Which caps apply to a booking: the structure of registers and caps, cached per backend.
 */
#ifndef SP71_RULEBOOK_H
#define SP71_RULEBOOK_H

#include "sp71_steering.h"

#include "caps/register_node.h"
#include "types/amount.h"
#include "types/ladder.h"
#include "utils/date.h"

typedef enum Metric
{
	METRIC_BUDGET,
	METRIC_VOLUME
} Metric;

/* A cap as structure: no number of it is cached here. */
typedef struct CapRef
{
	int32 cap_id;
	Metric metric;
	DateADT first_day;
	DateADT end_day; /* exclusive */
} CapRef;

/* The caps over one (service, participant), ordered by cap_id, of all dates. */
typedef struct CapList
{
	int count;
	CapRef caps[FLEXIBLE_ARRAY_MEMBER];
} CapList;

/* A cap with its numbers, true as long as the counter's revision is the same. */
typedef struct CapFigures
{
	int32 cap_id;
	int32 revision;
	Metric metric;
	DateADT first_day;
	DateADT end_day;
	Amount amount;
	Ladder *ladder;
	const char *service;     /* code */
	const char *participant; /* code */
	int32 participant_id;
} CapFigures;

extern void rulebook_register_callbacks(void);

extern void rulebook_enter_booking(void);
extern void rulebook_enter_reading(void);
extern void rulebook_exclude_bookings(void);
extern void rulebook_invalidate(void);
extern void rulebook_announce_cap(void);
extern void rulebook_hold(void);
extern void rulebook_release(void);

extern const RegisterNode *rulebook_service(const char *code, int length);
extern const RegisterNode *rulebook_participant(const char *code, int length);
extern const CapList *rulebook_caps(const RegisterNode *service, const RegisterNode *participant);
extern const CapFigures *rulebook_figures(int32 cap_id, int32 revision);
extern bool rulebook_may_read(const CapFigures *figures, Oid role);

#endif
