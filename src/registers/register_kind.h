/*
 * register_kind.h
 *	  The two registers: what their rows and entries differ by is known to register_row.c.
 */
#ifndef SP71_REGISTER_KIND_H
#define SP71_REGISTER_KIND_H

typedef struct RegisterKind RegisterKind;

extern const RegisterKind *const register_of_services;
extern const RegisterKind *const register_of_participants;

#endif
