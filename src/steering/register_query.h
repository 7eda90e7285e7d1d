/*
 * register_query.h
 *	  The queries of a Register, over one register or the other.
 *
 * NOUN is the name of the register as a string literal: also that of its table, and with "_id" of its
 * key. sp71_old and sp71_new are the rows of the statement that changed it.
 */
#ifndef SP71_REGISTER_QUERY_H
#define SP71_REGISTER_QUERY_H

/* What an UPDATE altered: parents; ranges narrowed, widened; RULE, a column that the rulebook knows. */
#define REGISTER_READ_CHANGES(NOUN, RULE)                                                          \
	"SELECT bool_or(was.parent IS DISTINCT FROM entry.parent),"                                    \
	" bool_or(NOT entry.during @> was.during),"                                                    \
	" bool_or(NOT was.during @> entry.during),"                                                    \
	" bool_or(was." RULE " IS DISTINCT FROM entry." RULE ")"                                       \
	" FROM sp71_old AS was JOIN sp71_new AS entry USING (" NOUN "_id)"                             \
	" HAVING count(*) > 0"

/* Entries whose parent is not there. */
#define REGISTER_FIND_ORPHAN(NOUN)                                                                 \
	"SELECT entry.code, entry.parent"                                                              \
	" FROM sp71_new AS entry LEFT JOIN steering." NOUN " AS above ON above.code = entry.parent"    \
	" WHERE entry.parent IS NOT NULL AND above.code IS NULL"                                       \
	" ORDER BY entry.code LIMIT 1"

/* A cycle leads through a row of the statement and back to it; others there were none before. */
#define REGISTER_FIND_CYCLE(NOUN)                                                                  \
	"WITH RECURSIVE above (parent, path) AS ("                                                     \
	"  SELECT entry.parent, ARRAY[entry.code] FROM sp71_new AS entry"                              \
	"  WHERE entry.parent IS NOT NULL"                                                             \
	"  UNION ALL"                                                                                  \
	"  SELECT entry.parent, above.path || entry.code"                                              \
	"  FROM above JOIN steering." NOUN " AS entry ON entry.code = above.parent"                    \
	"  WHERE entry.code <> ALL (above.path))"                                                      \
	" SELECT path[1], array_to_string(path || parent, ' > ')"                                      \
	" FROM above WHERE parent = path[1] ORDER BY path LIMIT 1"

/* The number of bookings per source, for a message: "12 in finance.invoice_line". */
#define REGISTER_LIST_BOOKINGS                                                                     \
	" string_agg(format('%s in %s', found.bookings,"                                               \
	"   coalesce(source_name.name, 'source ' || found.source_id)), ', ' ORDER BY source_name.name)"

/*
 * Entries whose new range leaves bookings outside. Months that are wholly outside are known from the
 * usage cells. Of a month at the edge the bookings inside are counted from the rows, and the rest is
 * outside: so it does not matter whether the scan goes by the old range or by the new one. All of what
 * cannot be read may be outside. READER is the function that reads bookings.
 */
#define REGISTER_FIND_OUTSIDE(NOUN, READER)                                                            \
	"WITH found AS ("                                                                                  \
	"  SELECT entry.code, entry.during, cell.source_id,"                                               \
	"   sum(cell.bookings - CASE WHEN entry.during && month.days THEN"                                 \
	"    (SELECT count(*) FROM " READER "(lower(month.days), upper(month.days),"                       \
	"      cell.source_id) AS booked"                                                                  \
	"     WHERE booked." NOUN "_id = entry." NOUN "_id"                                                \
	"      AND entry.during * was.during @> booked.booked_on)"                                         \
	"    ELSE 0 END) AS bookings"                                                                      \
	"  FROM sp71_new AS entry JOIN sp71_old AS was USING (" NOUN "_id)"                                \
	"  JOIN (SELECT source_id, " NOUN "_id, month, sum(bookings) AS bookings"                          \
	"   FROM steering.usage_cell GROUP BY source_id, " NOUN "_id, month) AS cell"                      \
	"   ON cell." NOUN "_id = entry." NOUN "_id"                                                       \
	"  CROSS JOIN LATERAL (SELECT daterange(cell.month, steering.month_of(cell.month + 31)) AS days)"  \
	"   AS month"                                                                                      \
	"  WHERE NOT entry.during @> was.during AND NOT entry.during @> month.days AND cell.bookings <> 0" \
	"  GROUP BY entry.code, entry.during, cell.source_id)"                                             \
	" SELECT found.code, lower(found.during), upper(found.during)," REGISTER_LIST_BOOKINGS             \
	" FROM found LEFT JOIN steering.source_name ON source_name.source_id = found.source_id"            \
	" WHERE found.bookings <> 0"                                                                       \
	" GROUP BY found.code, found.during ORDER BY found.code LIMIT 1"

/* Deleted entries with others below them, and ten of these. */
#define REGISTER_FIND_BELOW(NOUN)                                                                  \
	"SELECT was.code, array_to_string((array_agg(entry.code ORDER BY entry.code))[1:10], ', ')"    \
	" FROM sp71_old AS was JOIN steering." NOUN " AS entry ON entry.parent = was.code"             \
	" GROUP BY was.code ORDER BY was.code LIMIT 1"

/* Deleted entries that caps refer to, and ten of these. */
#define REGISTER_FIND_CAPPED(NOUN)                                                                 \
	"SELECT was.code, array_to_string((array_agg(cap.cap_id ORDER BY cap.cap_id))[1:10], ', ')"    \
	" FROM sp71_old AS was JOIN steering.cap USING (" NOUN "_id)"                                  \
	" GROUP BY was.code ORDER BY was.code LIMIT 1"

/* Deleted entries that bookings refer to. */
#define REGISTER_FIND_BOOKED(NOUN)                                                                 \
	"WITH found AS ("                                                                              \
	"  SELECT was.code, usage_cell.source_id, sum(usage_cell.bookings) AS bookings"                \
	"  FROM sp71_old AS was JOIN steering.usage_cell USING (" NOUN "_id)"                          \
	"  GROUP BY was.code, usage_cell.source_id)"                                                   \
	" SELECT found.code," REGISTER_LIST_BOOKINGS                                                   \
	" FROM found LEFT JOIN steering.source_name ON source_name.source_id = found.source_id"        \
	" WHERE found.bookings <> 0"                                                                   \
	" GROUP BY found.code ORDER BY found.code LIMIT 1"

/* Deleted entries that aliases mean, and ten of these. */
#define REGISTER_FIND_ALIASED(NOUN)                                                                \
	"SELECT was.code, array_to_string((array_agg(alias.value ORDER BY alias.value))[1:10], ', ')"  \
	" FROM sp71_old AS was JOIN steering.alias ON alias.kind = '" NOUN                             \
	"' AND alias.code = was.code"                                                                  \
	" GROUP BY was.code ORDER BY was.code LIMIT 1"

/* Usage cells of deleted entries, which are empty. */
#define REGISTER_DELETE_CELLS(NOUN)                                                                \
	"DELETE FROM steering.usage_cell USING sp71_old AS was"                                        \
	" WHERE usage_cell." NOUN "_id = was." NOUN "_id"

/* The caps above moved entries, in the tree before and in the tree after. */
#define REGISTER_FIND_CAPS(NOUN)                                                                     \
	"WITH RECURSIVE moved AS ("                                                                      \
	"  SELECT entry." NOUN "_id, was.parent AS old_parent, entry.parent AS new_parent"               \
	"  FROM sp71_old AS was JOIN sp71_new AS entry USING (" NOUN "_id)"                              \
	"  WHERE was.parent IS DISTINCT FROM entry.parent"                                               \
	" ), above (code, was) AS ("                                                                     \
	"  SELECT old_parent, true FROM moved"                                                           \
	"  UNION SELECT new_parent, false FROM moved"                                                    \
	"  UNION SELECT CASE WHEN above.was AND moved." NOUN "_id IS NOT NULL THEN moved.old_parent"     \
	"   ELSE entry.parent END, above.was"                                                            \
	"  FROM above JOIN steering." NOUN " AS entry ON entry.code = above.code"                        \
	"  LEFT JOIN moved ON moved." NOUN "_id = entry." NOUN "_id)"                                    \
	" SELECT cap.cap_id, EXISTS (SELECT FROM above WHERE above.code = entry.code AND NOT above.was)" \
	" FROM steering.cap JOIN steering." NOUN " AS entry USING (" NOUN "_id)"                         \
	" WHERE entry.code IN (SELECT above.code FROM above) ORDER BY cap.cap_id"

/* All of them, in the order of Register. */
#define REGISTER_QUERIES(NOUN, RULE)                                                               \
	REGISTER_READ_CHANGES(NOUN, RULE), REGISTER_FIND_ORPHAN(NOUN), REGISTER_FIND_CYCLE(NOUN),      \
		REGISTER_FIND_OUTSIDE(NOUN, "steering.booking_read"),                                      \
		REGISTER_FIND_OUTSIDE(NOUN, "steering.booking_scan"), REGISTER_FIND_BELOW(NOUN),           \
		REGISTER_FIND_CAPPED(NOUN), REGISTER_FIND_BOOKED(NOUN), REGISTER_FIND_ALIASED(NOUN),       \
		REGISTER_DELETE_CELLS(NOUN), REGISTER_FIND_CAPS(NOUN)

#endif
