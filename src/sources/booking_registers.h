/*
 * booking_registers.h
 *	  Both registers as the active snapshot shows them, for reading bookings back.
 *
 * Bookings find their keys in the rulebook, which is kept true by the lock that a booking takes. Who
 * reads bookings takes no such lock (it would wait for set_cap(), and is not to be had on a standby),
 * and reads rows, registers and counters all under one snapshot. So verify() does not rely on the cache
 * that it checks. The registers are in the memory of whoever loads them.
 *
 * Who may not read everything may read of a source what its stored usage has of his participants: where
 * that has nothing, there is nothing to read.
 */
#ifndef SP71_BOOKING_REGISTERS_H
#define SP71_BOOKING_REGISTERS_H

#include "sp71_steering.h"

#include "bookings/booking.h"

typedef struct BookingRegisters BookingRegisters;

extern BookingRegisters *booking_registers_load(void);
extern bool booking_registers_show_any(const BookingRegisters *registers);
extern bool booking_registers_show(const BookingRegisters *registers, int32 source_id);
extern bool booking_registers_show_to(const BookingRegisters *registers,
									  const RegisterNode *participant);
extern const RegisterNode *booking_registers_find(void *registers, MappingColumn column,
												  const char *code, int length);

#endif
