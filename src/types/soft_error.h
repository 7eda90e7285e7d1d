/*
 * soft_error.h
 *	  Input errors that the caller may want to have returned instead of raised, as PostgreSQL 16
 *	  and later can (pg_input_is_valid(), COPY ... ON_ERROR). Before 16 they are raised.
 */
#ifndef SP71_SOFT_ERROR_H
#define SP71_SOFT_ERROR_H

#include "postgres.h"

#ifndef ereturn
#define ereturn(context, dummy_value, ...)                                                         \
	do                                                                                             \
	{                                                                                              \
		(void) (context);                                                                          \
		ereport(ERROR, __VA_ARGS__);                                                               \
		return dummy_value;                                                                        \
	} while (0)
#endif

#endif
