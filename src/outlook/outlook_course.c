/*
 * outlook_course.c
 *	  What the usage of a scope comes to month by month: what is known, and what is expected.
 */
#include "postgres.h"

#include "outlook/outlook_course.h"
#include "types/calendar.h"

/* Returns the series that a figure rests on; NULL: it rests on none. */
static const OutlookSeries *
course_profile_series(const Outlook *scopes, Pair scope, OutlookBasis basis)
{
	const Pair levels[] = {scope, {scope.service_id, OUTLOOK_ALL}, {OUTLOOK_ALL, OUTLOOK_ALL}};

	if (basis == OUTLOOK_ADDED)
		basis = OUTLOOK_OF_PAIR;
	return basis > OUTLOOK_OF_ALL ? NULL : &outlook_find(scopes, levels[basis])->actual;
}

/* Computes what a scope stands at, and will at the end of its period: never below what is spent and committed. */
OutlookCourse
outlook_course(const Outlook *scopes, Pair scope, const OutlookPoint *point, OutlookMethod method)
{
	OutlookCourse course = {.scopes = scopes,
							.scope = outlook_find(scopes, scope),
							.point = *point};
	OutlookStart start = outlook_start(scopes, course.scope, &course.point);
	OutlookFigure figure = outlook_expect(scopes, course.scope, &course.point, &start, method);

	course.basis = figure.basis;
	course.series = course_profile_series(scopes, scope, figure.basis);
	course.profile = course.series == NULL
						 ? outlook_profile_of_days(&course.point)
						 : outlook_profile_of_series(scopes, course.series, &course.point);
	course.used = amount_add(start.actual, start.committed);
	course.expected = Max(course.used, figure.expected);
	return course;
}

/* Returns what was used at the end of a month that is known as a whole. */
static int128
course_used(const OutlookCourse *course, int32 months)
{
	int32 first = course->point.period.first_month;

	return outlook_sum(course->scopes, &course->scope->actual, first, first + months) +
		   outlook_sum(course->scopes, &course->scope->committed, first, first + months);
}

/*
 * Tells whether usage is above a threshold, expected to be so at the end of a month to come. What is
 * still expected comes by the profile: by the part of its rest that is over then. Where it has none,
 * it comes at the end.
 */
static bool
course_is_above(const OutlookCourse *course, int32 months, Amount threshold)
{
	const OutlookPoint *point = &course->point;
	OutlookPoint then = outlook_point_at_month(point->period, months);
	OutlookProfile profile = outlook_profile_of_days(&then);
	int128 rest = course->profile.whole - course->profile.reached;
	int128 over;
	int128 expected;
	int128 needed;

	if (course->series != NULL)
	{
		profile = outlook_profile_of_series(course->scopes, course->series, &then);
		profile.reached *= point->month_days;
	}
	over = profile.reached - course->profile.reached;
	if (then.elapsed_days == then.period_days)
		return course->expected > threshold;
	if (rest <= 0 || over <= 0)
		return course->used > threshold;
	if (__builtin_mul_overflow((int128) course->expected - course->used, over, &expected) ||
		__builtin_mul_overflow((int128) threshold - course->used, rest, &needed))
		return ((long double) course->expected - course->used) * over >
			   ((long double) threshold - course->used) * rest;
	return expected > needed;
}

/* Finds the first month at whose end usage is above a threshold; false: there is none. */
bool
outlook_course_find_month(const OutlookCourse *course, Amount threshold, DateADT *month)
{
	int32 first = course->point.period.first_month;
	int32 length = course->point.period.end_month - first;

	for (int32 months = 1; months <= length; months++)
	{
		if (months <= course->point.known
				? course_used(course, months) > threshold
				: course->used > threshold || course_is_above(course, months, threshold))
		{
			*month = calendar_first_day(first + months - 1);
			return true;
		}
	}
	return false;
}
