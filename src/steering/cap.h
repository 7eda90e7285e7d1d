/*
 * cap.h
 *	  The only writer of steering.cap.
 */
#ifndef SP71_CAP_H
#define SP71_CAP_H

#include "sp71_steering.h"

#include "types/amount.h"

/* What a cap is to be. Checked by whoever fills it in. */
typedef struct CapRequest
{
	int32 cap_id; /* of a cap that the coordinator has made; 0: the next number, or as it is */
	int32 service_id;
	int32 participant_id;
	const char *metric; /* the name of one */
	Datum during;       /* a daterange, not empty, with finite bounds */
	Amount amount;      /* not negative */
	const char *ladder; /* NULL: the present one, or that of new caps */
	const char *reason; /* may be NULL */
	bool accept_overrun;
	bool is_part; /* of an act that is asked about as a whole, see lifecycle/ */
} CapRequest;

extern bool cap_lock(int32 cap_id);
extern bool cap_revise(int32 cap_id, const CapRequest *request, int64 *event_id);
extern void cap_follow(const CapRequest *request);
extern int32 cap_set(const CapRequest *request, int64 *event_id);
extern void cap_drop(int32 cap_id, const char *reason);

#endif
