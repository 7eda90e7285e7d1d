/*
 * query_need.c
 *	  What queries are made of besides their tables; see query_need.h.
 *
 * PostgreSQL knows it of the booking table, which depends on what the query names (booking_table_depend()), and from
 * there downwards. Names in texts of functions are followed as for mappings (steering.mapping_need_now()): in two steps,
 * where the function of that name belongs to the owner of the tables, or to whoever wrote the text. No fingerprints are
 * kept: what has been touched is looked at, whether it is another or not.
 */
#include "postgres.h"

#include "own.h"
#include "queries/query_need.h"

/* What the commands behind the present event have touched, but for tables, and what is this extension's own. */
#define QUERY_NEED_COMMAND                                                                         \
	"command AS MATERIALIZED ("                                                                    \
	"SELECT classid, objid FROM pg_catalog.pg_event_trigger_ddl_commands() AS touched "            \
	"WHERE classid <> 'pg_catalog.pg_class'::regclass AND NOT EXISTS ("                            \
	"SELECT FROM pg_catalog.pg_depend "                                                            \
	"JOIN pg_catalog.pg_extension ON pg_extension.oid = pg_depend.refobjid "                       \
	"AND pg_depend.refclassid = 'pg_catalog.pg_extension'::regclass "                              \
	"WHERE (pg_depend.classid, pg_depend.objid) = (touched.classid, touched.objid) "               \
	"AND pg_depend.deptype = 'e' AND pg_extension.extname = 'sp71_steering'))"

/* What PostgreSQL knows that queries need. Languages are no part of what a function does, nor are schemas. */
#define QUERY_NEED_CERTAIN                                                                         \
	"need (source_id, owner, classid, objid) AS ("                                                 \
	"SELECT query.source_id, pg_class.relowner, refclassid, refobjid FROM steering.query "         \
	"JOIN steering.source ON source.source_id = query.source_id "                                  \
	"JOIN pg_catalog.pg_class ON pg_class.oid = source.relation::oid "                             \
	"JOIN pg_catalog.pg_depend ON classid = 'pg_catalog.pg_class'::regclass "                      \
	"AND objid = pg_class.oid AND objsubid = 0 AND deptype = 'n' "                                 \
	"WHERE EXISTS (SELECT FROM command) "                                                          \
	"UNION SELECT need.source_id, need.owner, below.classid, below.objid "                         \
	"FROM need CROSS JOIN LATERAL ("                                                               \
	"SELECT refclassid, refobjid FROM pg_catalog.pg_depend "                                       \
	"WHERE (pg_depend.classid, pg_depend.objid) = (need.classid, need.objid) AND deptype = 'n' "   \
	"AND refclassid <> ALL ('{pg_language,pg_namespace}'::regclass[]) "                            \
	"UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass::oid, pg_constraint.oid "               \
	"FROM pg_catalog.pg_constraint WHERE contypid = need.objid "                                   \
	"AND need.classid = 'pg_catalog.pg_type'::regclass) AS below (classid, objid))"

/* The functions whose names stand in the texts of those among what is needed. */
#define QUERY_NEED_NAMED(needed)                                                                   \
	"SELECT text.source_id, text.owner, 'pg_catalog.pg_proc'::regclass::oid AS classid, "          \
	"other.function AS objid FROM ("                                                               \
	"SELECT source_id, owner, pg_catalog.array_agg(objid) AS functions FROM " needed               \
	" WHERE classid = 'pg_catalog.pg_proc'::regclass GROUP BY source_id, owner) AS text "          \
	"CROSS JOIN LATERAL steering.mentioned_function(text.functions) AS other "                     \
	"JOIN pg_catalog.pg_proc AS caller ON caller.oid = other.mentioned_by "                        \
	"WHERE steering.stands_for(other.owner, text.owner) "                                          \
	"OR steering.stands_for(other.owner, caller.proowner)"

#define QUERY_NEED_MENTIONED QUERY_NEED_NAMED("need")
#define QUERY_NEED_BELOW_MENTIONED                                                                 \
	"SELECT source_id, owner, refclassid, refobjid FROM mentioned "                                \
	"JOIN pg_catalog.pg_depend USING (classid, objid) WHERE deptype = 'n' "                        \
	"UNION ALL " QUERY_NEED_NAMED("mentioned")

#define QUERY_NEED_TOUCHED                                                                         \
	"WITH RECURSIVE " QUERY_NEED_COMMAND ", " QUERY_NEED_CERTAIN                                   \
	", mentioned AS MATERIALIZED (" QUERY_NEED_MENTIONED ") "                                      \
	"SELECT DISTINCT source_id FROM (TABLE need UNION ALL TABLE mentioned "                        \
	"UNION ALL " QUERY_NEED_BELOW_MENTIONED ") AS needed "                                         \
	"JOIN command USING (classid, objid) ORDER BY source_id"

/* Returns the sources whose queries need what the commands behind the present event have touched, in order. */
List *
query_need_touched(void)
{
	return own_spi_numbers(QUERY_NEED_TOUCHED, 0, NULL, NULL);
}
