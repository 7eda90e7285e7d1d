/*
 * refusal_queue.c
 *	  From the session that is refused to the worker that writes its refusal down.
 *
 * A queue is a segment of dynamic shared memory, served by one worker, which needs no preloaded library. Who is
 * refused and finds none makes one, puts his refusal into it and has a worker started; he waits for nothing. The
 * worker advertises its queue (by its handle, as the value of a sequence), so that other sessions find it. When
 * nothing has come for a while it closes its queue and ends, so that the database can be dropped.
 *
 * Under the queue's lock, which is held for the copy of a record, it is either open, and what is put into it is still taken by a worker, or closed. Two
 * sessions may each make a queue; then both are served, and one is advertised. What finds a queue full is lost to
 * the table: a storm of refusals must not make anybody wait. A segment is pinned until its worker has attached to
 * it, since whoever made it may be gone by then.
 *
 * A handle that is advertised may be stale, and since name another segment: a queue is known by its first bytes.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/spin.h"

#include "own.h"
#include "refusals/refusal_queue.h"

#define REFUSAL_QUEUE_MAGIC UINT64CONST(0x7370373172656673)
#define REFUSAL_QUEUE_SIZE 256
#define REFUSAL_WORKER_START_MS 10000 /* a worker that has not begun by then will not */

struct RefusalQueue
{
	uint64 magic;
	Oid database;
	slock_t lock; /* of all below */
	bool is_closed;
	bool is_served; /* a worker has begun */
	Latch *latch;   /* the worker's */
	TimestampTz made_at;
	uint32 first;
	uint32 count;
	RefusalRecord records[REFUSAL_QUEUE_SIZE];
};

/* What became of a record. */
typedef enum RefusalPut
{
	REFUSAL_PUT_TAKEN,
	REFUSAL_PUT_CLOSED, /* there is nobody to take it */
	REFUSAL_PUT_FULL
} RefusalPut;

static dsm_segment *refusal_segment = NULL; /* the queue that this session has used last */

/* Returns the queue in a segment; NULL: it is something else's, or of another database. */
static RefusalQueue *
refusal_queue_in(dsm_segment *segment)
{
	RefusalQueue *queue = dsm_segment_address(segment);

	if (dsm_segment_map_length(segment) < sizeof(RefusalQueue) ||
		queue->magic != REFUSAL_QUEUE_MAGIC || queue->database != MyDatabaseId)
		return NULL;
	return queue;
}

/* Puts a record into a queue, and wakes its worker. */
static RefusalPut
refusal_queue_append(RefusalQueue *queue, const RefusalRecord *record)
{
	RefusalPut result = REFUSAL_PUT_TAKEN;
	Latch *latch;

	SpinLockAcquire(&queue->lock);
	if (!queue->is_closed && !queue->is_served &&
		TimestampDifferenceExceeds(queue->made_at, record->refused_at, REFUSAL_WORKER_START_MS))
		queue->is_closed = true;
	if (queue->is_closed)
		result = REFUSAL_PUT_CLOSED;
	else if (queue->count == REFUSAL_QUEUE_SIZE)
		result = REFUSAL_PUT_FULL;
	else
		queue->records[(queue->first + queue->count++) % REFUSAL_QUEUE_SIZE] = *record;
	latch = queue->latch;
	SpinLockRelease(&queue->lock);
	if (result == REFUSAL_PUT_TAKEN && latch != NULL)
		SetLatch(latch);
	return result;
}

/* Leaves the queue that this session has used. */
static void
refusal_queue_leave(void)
{
	if (refusal_segment != NULL)
		dsm_detach(refusal_segment);
	refusal_segment = NULL;
}

/* Returns the handle that a worker has advertised; DSM_HANDLE_INVALID: none. */
static dsm_handle
refusal_queue_advertised(void)
{
	dsm_handle handle;
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute("SELECT last_value FROM steering.refusal_queue", 0, NULL, NULL, NULL);
	handle = (dsm_handle) DatumGetInt64(own_spi_column(0, 1, NULL));
	own_spi_end(&spi);
	return handle;
}

/* Attaches to the queue that is advertised; NULL: there is none. */
static RefusalQueue *
refusal_queue_find(void)
{
	dsm_handle handle = refusal_queue_advertised();
	RefusalQueue *queue;

	Assert(refusal_segment == NULL);
	if (handle == DSM_HANDLE_INVALID || dsm_find_mapping(handle) != NULL)
		return NULL;
	refusal_segment = dsm_attach(handle);
	if (refusal_segment == NULL)
		return NULL;
	queue = refusal_queue_in(refusal_segment);
	if (queue == NULL)
		refusal_queue_leave();
	else
		dsm_pin_mapping(refusal_segment);
	return queue;
}

/* Makes a queue; NULL: there are no segments left. */
static RefusalQueue *
refusal_queue_make(void)
{
	RefusalQueue *queue;

	Assert(refusal_segment == NULL);
	refusal_segment = dsm_create(sizeof(RefusalQueue), DSM_CREATE_NULL_IF_MAXSEGMENTS);
	if (refusal_segment == NULL)
		return NULL;
	dsm_pin_mapping(refusal_segment);
	queue = dsm_segment_address(refusal_segment);
	memset(queue, 0, offsetof(RefusalQueue, records));
	queue->magic = REFUSAL_QUEUE_MAGIC;
	queue->database = MyDatabaseId;
	queue->made_at = GetCurrentTimestamp();
	SpinLockInit(&queue->lock);
	return queue;
}

/* Has a worker started for the queue that this session has made; false: no more workers are allowed. */
static bool
refusal_worker_start(void)
{
	BackgroundWorker worker = {
		.bgw_name = "sp71_steering refusals",
		.bgw_type = "sp71_steering refusals",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "$libdir/sp71_steering",
		.bgw_function_name = "refusal_worker_main",
	};
	RefusalWorkplace place = {MyDatabaseId, own_owner()};

	worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(refusal_segment));
	StaticAssertStmt(sizeof(place) <= BGW_EXTRALEN, "a workplace does not fit");
	memcpy(worker.bgw_extra, &place, sizeof(place));
	dsm_pin_segment(refusal_segment);
	if (RegisterDynamicBackgroundWorker(&worker, NULL))
		return true;
	dsm_unpin_segment(dsm_segment_handle(refusal_segment));
	return false;
}

/* Puts a record into a queue of its own, and has that served. */
static bool
refusal_queue_put_new(const RefusalRecord *record)
{
	RefusalQueue *queue = refusal_queue_make();

	if (queue == NULL)
		return false;
	(void) refusal_queue_append(queue, record);
	if (refusal_worker_start())
		return true;
	refusal_queue_leave();
	return false;
}

/* Hands a record to a worker; false: that cannot be done. Waits for nobody. */
bool
refusal_queue_put(const RefusalRecord *record)
{
	RefusalQueue *queue = refusal_segment == NULL ? NULL : dsm_segment_address(refusal_segment);
	RefusalPut put = queue == NULL ? REFUSAL_PUT_CLOSED : refusal_queue_append(queue, record);

	if (put == REFUSAL_PUT_CLOSED)
	{
		refusal_queue_leave();
		queue = refusal_queue_find();
		put = queue == NULL ? REFUSAL_PUT_CLOSED : refusal_queue_append(queue, record);
	}
	if (put == REFUSAL_PUT_CLOSED)
	{
		refusal_queue_leave();
		return refusal_queue_put_new(record);
	}
	return put == REFUSAL_PUT_TAKEN;
}

/* Closes the queue of a worker that ends, for whatever reason. */
static void
refusal_queue_end(dsm_segment *segment, Datum argument)
{
	RefusalQueue *queue = dsm_segment_address(segment);

	SpinLockAcquire(&queue->lock);
	queue->is_closed = true;
	queue->latch = NULL;
	SpinLockRelease(&queue->lock);
}

/* Begins to serve a queue, to the end of this process; NULL: it is gone. In a transaction. */
RefusalQueue *
refusal_queue_serve(dsm_handle handle)
{
	dsm_segment *segment = dsm_attach(handle);
	RefusalQueue *queue = segment == NULL ? NULL : refusal_queue_in(segment);

	if (queue == NULL)
		return NULL;
	dsm_pin_mapping(segment);
	dsm_unpin_segment(handle);
	on_dsm_detach(segment, refusal_queue_end, (Datum) 0);
	SpinLockAcquire(&queue->lock);
	queue->latch = &MyProc->procLatch;
	queue->is_served = true;
	SpinLockRelease(&queue->lock);
	return queue;
}

/* Takes the oldest record out of a queue; false: there is none. */
bool
refusal_queue_take(RefusalQueue *queue, RefusalRecord *record)
{
	bool found;

	SpinLockAcquire(&queue->lock);
	found = queue->count > 0;
	if (found)
	{
		*record = queue->records[queue->first];
		queue->first = (queue->first + 1) % REFUSAL_QUEUE_SIZE;
		queue->count--;
	}
	SpinLockRelease(&queue->lock);
	return found;
}

/* Closes a queue in which there is nothing; false: there is. */
bool
refusal_queue_close_if_empty(RefusalQueue *queue)
{
	bool is_empty;

	SpinLockAcquire(&queue->lock);
	is_empty = queue->count == 0;
	if (is_empty)
		queue->is_closed = true;
	SpinLockRelease(&queue->lock);
	return is_empty;
}
