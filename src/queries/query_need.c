/*
 * query_need.c
 *	  What queries are made of besides their tables; see query_need.h.
 *
 * PostgreSQL knows it: the booking table depends on what the query names (booking_table_depend()), and that on what it is
 * made of in turn. So from what was touched it is followed upwards, and who makes or alters what no query needs pays
 * for a look into an index. What only the text of a function names PostgreSQL does not know: health() tells of that.
 * No fingerprints are kept: rows are compared anew, whether what was touched is another or not.
 */
#include "postgres.h"

#include "own.h"
#include "queries/query_need.h"

/*
 * What the commands behind the present event have touched: no tables, which are followed as tables of queries, but
 * composite types, and nothing of this extension. Schemas give names.
 */
#define QUERY_NEED_COMMAND                                                                         \
	"SELECT classid, objid FROM pg_catalog.pg_event_trigger_ddl_commands() AS command "            \
	"WHERE classid <> 'pg_catalog.pg_namespace'::regclass "                                        \
	"AND (classid <> 'pg_catalog.pg_class'::regclass "                                             \
	"OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = objid AND relkind = 'c')) "            \
	"AND NOT EXISTS ("                                                                             \
	"SELECT FROM pg_catalog.pg_depend "                                                            \
	"JOIN pg_catalog.pg_extension ON pg_extension.oid = pg_depend.refobjid "                       \
	"WHERE (pg_depend.classid, pg_depend.objid) = (command.classid, command.objid) "               \
	"AND refclassid = 'pg_catalog.pg_extension'::regclass AND deptype = 'e' "                      \
	"AND extname = 'sp71_steering')"

/* What is made of something: what depends on it, the domain of a constraint, arrays, the type of a composite. */
#define QUERY_NEED_ABOVE                                                                           \
	"SELECT pg_depend.classid, pg_depend.objid FROM pg_catalog.pg_depend "                         \
	"WHERE (refclassid, refobjid) = (touched.classid, touched.objid) AND deptype = 'n' "           \
	"AND (pg_depend.classid <> 'pg_catalog.pg_class'::regclass "                                   \
	"OR EXISTS (SELECT FROM pg_catalog.pg_class "                                                  \
	"WHERE pg_class.oid = pg_depend.objid AND relkind = 'c')) "                                    \
	"UNION ALL SELECT 'pg_catalog.pg_type'::regclass, contypid FROM pg_catalog.pg_constraint "     \
	"WHERE touched.classid = 'pg_catalog.pg_constraint'::regclass "                                \
	"AND pg_constraint.oid = touched.objid AND contypid <> 0 "                                     \
	"UNION ALL SELECT 'pg_catalog.pg_type'::regclass, typarray FROM pg_catalog.pg_type "           \
	"WHERE touched.classid = 'pg_catalog.pg_type'::regclass "                                      \
	"AND pg_type.oid = touched.objid AND typarray <> 0 "                                           \
	"UNION ALL SELECT 'pg_catalog.pg_type'::regclass, reltype FROM pg_catalog.pg_class "           \
	"WHERE touched.classid = 'pg_catalog.pg_class'::regclass AND pg_class.oid = touched.objid"

#define QUERY_NEED_TOUCHED                                                                         \
	"WITH RECURSIVE touched AS (" QUERY_NEED_COMMAND                                               \
	" UNION SELECT above.classid, above.objid FROM touched "                                       \
	"CROSS JOIN LATERAL (" QUERY_NEED_ABOVE ") AS above) "                                         \
	"SELECT DISTINCT query.source_id FROM touched "                                                \
	"JOIN pg_catalog.pg_depend ON (refclassid, refobjid) = (touched.classid, touched.objid) "      \
	"AND pg_depend.classid = 'pg_catalog.pg_class'::regclass AND objsubid = 0 AND deptype = 'n' "  \
	"JOIN steering.source ON source.relation::oid = pg_depend.objid "                              \
	"JOIN steering.query ON query.source_id = source.source_id ORDER BY 1"

/* Returns the sources whose queries need what the commands behind the present event have touched, in order. */
List *
query_need_touched(void)
{
	return own_spi_numbers(QUERY_NEED_TOUCHED, 0, NULL, NULL);
}
