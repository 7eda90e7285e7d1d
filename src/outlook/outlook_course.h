/*
 * outlook_course.h
 *	  What the usage of a scope comes to month by month: what is known, and what is expected.
 */
#ifndef SP71_OUTLOOK_COURSE_H
#define SP71_OUTLOOK_COURSE_H

#include "outlook/outlook.h"

/* What is known of a scope on a day, and expected of it at the end of its period. */
typedef struct OutlookCourse
{
	const Outlook *scopes;
	const OutlookPair *scope;
	const OutlookSeries *series; /* of the profile; NULL: by days */
	OutlookBasis basis;
	OutlookPoint point;
	OutlookProfile profile;
	Amount used;
	Amount expected;
} OutlookCourse;

extern OutlookCourse outlook_course(const Outlook *scopes, Pair scope, const OutlookPoint *point,
									OutlookMethod method);
extern bool outlook_course_find_month(const OutlookCourse *course, Amount threshold,
									  DateADT *month);

#endif
