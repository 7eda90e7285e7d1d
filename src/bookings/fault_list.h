/*
 * fault_list.h
 *	  The rows of a statement that are no bookings, told of in one error.
 */
#ifndef SP71_FAULT_LIST_H
#define SP71_FAULT_LIST_H

#include "sp71_steering.h"

#include "bookings/booking.h"

typedef struct FaultList FaultList;

extern FaultList *fault_list_begin(MemoryContext parent);
extern void fault_list_add(FaultList *list, const Mapping *mapping, const MappedRow *row,
						   const Booking *booking);
pg_noreturn extern void fault_list_refuse(const FaultList *list, const Source *source);

#endif
