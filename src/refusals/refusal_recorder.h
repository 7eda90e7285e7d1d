/*
 * refusal_recorder.h
 *	  Where refusals are kept, as sp71_steering.record_refusals says.
 */
#ifndef SP71_REFUSAL_RECORDER_H
#define SP71_REFUSAL_RECORDER_H

#include "sp71_steering.h"

#include "refusals/refusal_record.h"

extern bool refusal_is_recorded(void);
extern void refusal_record_keep(const RefusalRecord *record);

#endif
