/*
 * register_number.h
 *	  The numbers of participants and services by the codes that people use.
 */
#ifndef SP71_REGISTER_NUMBER_H
#define SP71_REGISTER_NUMBER_H

#include "sp71_steering.h"

#include "utils/snapshot.h"

/* These raise 22023 when there is no such code. */
extern int32 register_service_number(const char *code, Snapshot snapshot);
extern int32 register_participant_number(const char *code, Snapshot snapshot);

#endif
