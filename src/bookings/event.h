/*
 * event.h
 *	  The only writer of steering.event_log, and of NOTIFY on the channel sp71_steering.
 */
#ifndef SP71_EVENT_H
#define SP71_EVENT_H

#include "sp71_steering.h"

#include "rules/cap_figures.h"

/*
 * Writes one row: kind is 'created', 'revised', 'dropped', 'notify' or 'warn'. used and threshold
 * may be NULL, reason too. A 'notify' or 'warn' is also sent as NOTIFY when the transaction commits.
 * Returns the number of the event; 0: the cap is not there any more.
 */
extern int64 event_record(const char *kind, const CapFigures *figures, const Amount *threshold,
						  const Amount *used, const char *reason);

/* Sends the notifications: when the transaction commits. */
extern void event_send_notifications(void);

#endif
