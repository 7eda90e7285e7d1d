/*
 * backup.c
 *	  Who may read the extension's tables: grant_backup(), and what took the place of row security.
 *
 * pg_dump locks every table of the extension and reads those with data, sequences included. Views show a role
 * what it may read, so whoever makes backups needs the tables themselves, and then may read every figure.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "call.h"
#include "own.h"

/* The statement that grants them to a role, all tables and sequences that are part of the extension. */
#define BACKUP_GRANT                                                                               \
	"SELECT pg_catalog.format('GRANT SELECT ON %s TO %s', "                                        \
	"pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.relname), ', '), "              \
	"$1::pg_catalog.regrole) "                                                                     \
	"FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_depend d "                                  \
	"ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid "     \
	"AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'e' "              \
	"JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind IN ('r', 'S') "                   \
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "                                    \
	"WHERE e.extname = 'sp71_steering'"

/* The statement that takes steering.event_log from whoever may not read every figure; null: nobody has it. */
#define BACKUP_REVOKE_EVENTS                                                                       \
	"SELECT 'REVOKE ALL ON steering.event_log FROM ' || pg_catalog.string_agg(DISTINCT "           \
	"CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::pg_catalog.regrole::text END, ', ') "   \
	"|| ' CASCADE' "                                                                               \
	"FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a "             \
	"WHERE c.oid = 'steering.event_log'::pg_catalog.regclass AND a.grantee <> c.relowner "         \
	"AND (a.grantee = 0 OR NOT pg_catalog.has_table_privilege(a.grantee, 'steering.cap', "         \
	"'SELECT'))"

PG_FUNCTION_INFO_V1(steering_grant_backup);

/* grant_backup(role regrole): lets a role read the tables and sequences that a dump is made of. */
Datum
steering_grant_backup(PG_FUNCTION_ARGS)
{
	Oid types[] = {REGROLEOID};
	Datum values[1];
	OwnSpi spi;

	call_check_not_null(PG_ARGISNULL(0), "argument \"role\"");
	values[0] = PG_GETARG_DATUM(0);
	own_spi_begin(&spi);
	own_spi_execute(BACKUP_GRANT, 1, types, values, NULL);
	own_spi_execute(TextDatumGetCString(own_spi_column(0, 1, NULL)), 0, NULL, NULL, NULL);
	own_spi_end(&spi);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(steering_revoke_events);

/*
 * revoke_events(): takes the table of events from roles that saw their own rows of it by row security until 0.3.
 * For ALTER EXTENSION UPDATE alone.
 */
Datum
steering_revoke_events(PG_FUNCTION_ARGS)
{
	Datum statement;
	bool isnull;
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(BACKUP_REVOKE_EVENTS, 0, NULL, NULL, NULL);
	statement = own_spi_column(0, 1, &isnull);
	if (!isnull)
		own_spi_execute(TextDatumGetCString(statement), 0, NULL, NULL, NULL);
	own_spi_end(&spi);
	PG_RETURN_VOID();
}
