/*
 * refusal_worker.c
 *	  The worker that writes refusals down; PostgreSQL finds it by its name.
 *
 * It serves one queue, writes what it finds in batches, with a pause after each, and ends when nothing came for
 * REFUSAL_IDLE_MS: less than DROP DATABASE waits for who is connected. Of several workers one holds the lock of
 * who is advertised; the others end as soon as their queue is empty.
 *
 * It runs as the owner of the extension's tables, and nothing but our own statements. What it takes is in the table
 * when its transaction commits, which is not waited for: after a crash of the server the last moments are missing.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "kept_plan.h"
#include "own.h"
#include "refusals/refusal_queue.h"
#include "refusals/refusal_worker.h"
#include "settings.h"

#define REFUSAL_IDLE_MS 3000
#define REFUSAL_PAUSE_MS 100
#define REFUSAL_BATCH 64
#define REFUSAL_LOCK 71

#define REFUSAL_INSERT                                                                             \
	"INSERT INTO steering.refusal_log (refused_at, kind, sqlstate, cap_id, metric, source,"        \
	" service, participant, booked_on, asked, too_much, session_name, role_name,"                  \
	" application_name)"                                                                           \
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"

/* Those beyond the newest so many. */
#define REFUSAL_TRIM                                                                               \
	"DELETE FROM steering.refusal_log WHERE refusal_id <="                                         \
	" (SELECT pg_catalog.max(refusal_id) FROM steering.refusal_log)"                               \
	" OPERATOR(pg_catalog.-) $1"

#define REFUSAL_COLUMNS 14

/* Returns a text; one that is empty is null. */
static Datum
refusal_text(const char *text, char *null)
{
	*null = text[0] == '\0' ? 'n' : ' ';
	return CStringGetTextDatum(text);
}

/* Makes the values of a row. */
static void
refusal_values(const RefusalRecord *record, Datum *values, char *nulls)
{
	memset(nulls, ' ', REFUSAL_COLUMNS);
	values[0] = TimestampTzGetDatum(record->refused_at);
	values[1] = CStringGetTextDatum(refusal_kind_name(record->kind));
	values[2] = CStringGetTextDatum(unpack_sql_state(record->sqlstate));
	values[3] = Int32GetDatum(record->cap_id);
	nulls[3] = record->cap_id == 0 ? 'n' : ' ';
	values[4] = refusal_text(record->metric, &nulls[4]);
	values[5] = refusal_text(record->source, &nulls[5]);
	values[6] = refusal_text(record->service, &nulls[6]);
	values[7] = refusal_text(record->participant, &nulls[7]);
	values[8] = DateADTGetDatum(record->booked_on);
	nulls[8] = record->has_day ? ' ' : 'n';
	values[9] = AmountGetDatum(record->asked);
	values[10] = AmountGetDatum(record->too_much);
	nulls[9] = nulls[10] = record->has_figures ? ' ' : 'n';
	values[11] = refusal_text(record->session_user, &nulls[11]);
	values[12] = refusal_text(record->role, &nulls[12]);
	values[13] = refusal_text(record->application, &nulls[13]);
}

/* Writes a row. Within own_spi. */
static void
refusal_write_row(const RefusalRecord *record)
{
	static SPIPlanPtr plan = NULL;
	Oid types[REFUSAL_COLUMNS] = {TIMESTAMPTZOID,    TEXTOID, TEXTOID, INT4OID, TEXTOID,
								  TEXTOID,           TEXTOID, TEXTOID, DATEOID, own_amount_type(),
								  own_amount_type(), TEXTOID, TEXTOID, TEXTOID};
	Datum values[REFUSAL_COLUMNS];
	char nulls[REFUSAL_COLUMNS];

	refusal_values(record, values, nulls);
	(void) kept_plan_execute(&plan, REFUSAL_INSERT, REFUSAL_COLUMNS, types, values, nulls);
}

/* Writes rows, and takes away the oldest where there are too many. */
static void
refusal_write(const RefusalRecord *records, int count)
{
	Oid type = INT8OID;
	Datum kept = Int64GetDatum(steering_refusals_kept);
	OwnSpi spi;

	own_spi_begin(&spi);
	for (int i = 0; i < count; i++)
		refusal_write_row(&records[i]);
	(void) own_spi_execute(REFUSAL_TRIM, 1, &type, &kept, NULL);
	own_spi_end(&spi);
}

/* Begins a transaction of the worker. */
static void
refusal_worker_begin(const char *activity)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, activity);
}

/* Commits a transaction of the worker. */
static void
refusal_worker_commit(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* Writes what stands in the queue; false: nothing does. */
static bool
refusal_worker_empty(RefusalQueue *queue)
{
	static RefusalRecord records[REFUSAL_BATCH];
	int count = 0;

	while (count < REFUSAL_BATCH && refusal_queue_take(queue, &records[count]))
		count++;
	if (count == 0)
		return false;
	refusal_worker_begin("writing refusals");
	/* The extension may have been dropped since. */
	if (own_has_relation(OWN_REFUSAL_LOG))
		refusal_write(records, count);
	refusal_worker_commit();
	return true;
}

/* Waits until something comes, or so many milliseconds; false: nothing came. */
static bool
refusal_worker_wait(int milliseconds, int event)
{
	int events = WaitLatch(MyLatch, event | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
						   PG_WAIT_EXTENSION);

	if ((events & WL_LATCH_SET) == 0)
		return false;
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
	return true;
}

/* Serves a queue until nothing comes any more, or the server shuts down. */
static void
refusal_worker_serve(RefusalQueue *queue, bool is_advertised)
{
	for (;;)
	{
		if (refusal_worker_empty(queue))
		{
			/* Not to take more of the machine than those who are refused. */
			(void) refusal_worker_wait(REFUSAL_PAUSE_MS, 0);
			continue;
		}
		if (is_advertised && !ShutdownRequestPending &&
			refusal_worker_wait(REFUSAL_IDLE_MS, WL_LATCH_SET))
			continue;
		if (refusal_queue_close_if_empty(queue))
			return;
	}
}

/* Advertises a queue, if no other worker does it: then this one's is the place to go until it ends. */
static bool
refusal_worker_advertise(dsm_handle handle)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum((int64) handle);
	LOCKTAG tag;
	OwnSpi spi;

	/* Of the kind of advisory locks, which end with the process; none of SQL has this last number. */
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, own_relation(OWN_REFUSAL_LOG), REFUSAL_LOCK);
	if (LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	own_spi_begin(&spi);
	(void) own_spi_execute("SELECT pg_catalog.setval('steering.refusal_queue', $1)", 1, &type,
						   &value, NULL);
	own_spi_end(&spi);
	return true;
}

/* Connects to the database as the owner of the extension's tables. */
static void
refusal_worker_connect(void)
{
	RefusalWorkplace place;

	memcpy(&place, MyBgworkerEntry->bgw_extra, sizeof(place));
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(place.database, place.owner, 0);
	SetConfigOption("synchronous_commit", "off", PGC_USERSET, PGC_S_OVERRIDE);
}

/* The worker. */
void
refusal_worker_main(Datum handle)
{
	bool is_advertised = false;
	RefusalQueue *queue;

	refusal_worker_connect();
	refusal_worker_begin("finding the queue of refusals");
	queue = refusal_queue_serve(DatumGetUInt32(handle));
	if (queue != NULL && own_has_relation(OWN_REFUSAL_LOG))
		is_advertised = refusal_worker_advertise(DatumGetUInt32(handle));
	refusal_worker_commit();
	if (queue != NULL)
		refusal_worker_serve(queue, is_advertised);
}
