/*
 * outlook_choice.h
 *	  Which method of an outlook is taken: what was asked for, or what was least off in earlier years.
 */
#ifndef SP71_OUTLOOK_CHOICE_H
#define SP71_OUTLOOK_CHOICE_H

#include "nodes/execnodes.h"

#include "outlook/outlook.h"

/* The methods of an outlook, in the order in which they are tried, and why. */
typedef struct MethodChoice
{
	OutlookMethod methods[OUTLOOK_METHODS];
	int count;
	bool is_asked;
	int years; /* that it was tested over */
	OutlookError errors[OUTLOOK_METHODS];
	char *reasons[OUTLOOK_METHODS]; /* NULL: there is nothing to say */
} MethodChoice;

/* What is expected where no method is asked for. */
typedef struct AdvisedOutlook
{
	Outlook *outlook;
	MethodChoice choice;
} AdvisedOutlook;

/* Puts out the row of a pair. */
typedef void (*OutlookPut)(ReturnSetInfo *result, const Outlook *outlook, const OutlookPair *pair,
						   const OutlookPoint *point, const MethodChoice *choice);

extern void choice_make(MethodChoice *choice, Outlook *outlook, const OutlookPoint *point);
extern void choice_name_period(MethodChoice *choice, const OutlookPeriod *period);
extern OutlookFigure choice_expect(const MethodChoice *choice, const Outlook *outlook,
								   const OutlookPair *pair, const OutlookPoint *point,
								   OutlookStart *start, OutlookMethod *method);
extern const AdvisedOutlook *outlook_advised(const OutlookPeriod *period, const OutlookPoint *point,
											 DateADT as_of);
extern void outlook_put_all(ReturnSetInfo *result, const Outlook *outlook,
							const OutlookPoint *point, const MethodChoice *choice, OutlookPut put);

#endif
