/*
 * settings.h
 *	  The settings of the extension, sp71_steering.*
 */
#ifndef SP71_SETTINGS_H
#define SP71_SETTINGS_H

#include "sp71_steering.h"

/* sp71_steering.check_at: when a change is judged against the ladders */
typedef enum CheckAt
{
	CHECK_AT_STATEMENT,
	CHECK_AT_COMMIT
} CheckAt;

/* sp71_steering.record_refusals: where refusals of bookings are kept */
typedef enum RecordRefusals
{
	RECORD_REFUSALS_OFF,
	RECORD_REFUSALS_LOG,
	RECORD_REFUSALS_TABLE
} RecordRefusals;

#define STRIPES_MOST 1024 /* what sp71_steering.max_stripes may be */

extern int steering_check_at;   /* a CheckAt */
extern char *steering_currency; /* an ISO 4217 code, or what is written in its place; empty: none */
extern int steering_max_stripes;
extern int steering_min_stripes;
extern int steering_node_timeout;    /* in milliseconds */
extern int steering_record_refusals; /* a RecordRefusals */
extern int steering_refusals_kept;
extern bool steering_attach_again;

extern void settings_define(void);

#endif
