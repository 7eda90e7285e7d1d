/*
 * refusal_queue.h
 *	  From the session that is refused to the worker that writes its refusal down.
 */
#ifndef SP71_REFUSAL_QUEUE_H
#define SP71_REFUSAL_QUEUE_H

#include "sp71_steering.h"

#include "refusals/refusal_record.h"
#include "storage/dsm.h"

typedef struct RefusalQueue RefusalQueue;

/* Where a worker is to work. */
typedef struct RefusalWorkplace
{
	Oid database;
	Oid owner; /* of the extension's tables */
} RefusalWorkplace;

/* For who is refused. */
extern bool refusal_queue_put(const RefusalRecord *record);

/* For the worker. */
extern RefusalQueue *refusal_queue_serve(dsm_handle handle);
extern bool refusal_queue_take(RefusalQueue *queue, RefusalRecord *record);
extern bool refusal_queue_close_if_empty(RefusalQueue *queue);

#endif
