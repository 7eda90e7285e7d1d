/*
 * attach.h
 *	  Making a table a source of bookings.
 */
#ifndef SP71_ATTACH_H
#define SP71_ATTACH_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "sources/attach_request.h"

extern void attach_check_unused(List *relids, const char *verb);
extern int32 attach_table(const AttachRequest *request);

#endif
