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

#define STRIPES_MOST 1024 /* what sp71_steering.max_stripes may be */

extern int steering_check_at; /* a CheckAt */
extern int steering_max_stripes;
extern int steering_min_stripes;

extern void settings_define(void);

#endif
