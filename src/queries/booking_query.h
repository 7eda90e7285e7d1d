/*
 * booking_query.h
 *	  A query whose rows are bookings: the tables that it joins, and what a row of the first one comes to.
 *
 * Its meaning is a tree that PostgreSQL made of its text when it was attached, as that of a mapping is
 * (mapping_tree.h): expressions and conditions whose Vars name a table by its place in the join, from 1 on, and
 * a column by its number. All SQL that is run for a query is made of these (query_sql.h).
 */
#ifndef SP71_BOOKING_QUERY_H
#define SP71_BOOKING_QUERY_H

#include "sp71_steering.h"

#include "access/attnum.h"
#include "mapping/source.h"
#include "nodes/bitmapset.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

/* What a query puts out, in the order of the columns of a booking table. */
typedef enum QueryColumn
{
	QUERY_SERVICE,
	QUERY_PARTICIPANT,
	QUERY_BOOKED_ON,
	QUERY_AMOUNT,
	QUERY_VOLUME,
	QUERY_REFERENCE, /* from 0.6 */
	QUERY_RELEASES,
	QUERY_FINAL,
	QUERY_VALUES, /* how many stand in a booking table at most */
	QUERY_STAGE = QUERY_VALUES,
	QUERY_COLUMNS /* how many there are */
} QueryColumn;

/*
 * What a row of a joined table, and the rows that refer to it, have in common: a column of it is equal to something
 * of them. By the hash of that the locks of query_lock.h know each other.
 */
typedef struct QueryBucket
{
	AttrNumber attribute; /* the column; InvalidAttrNumber: there is none that can be hashed */
	Node *key;            /* what refers to it; NULL: nothing is known to */
	Oid own_hash;         /* hash functions that agree, of the column */
	Oid key_hash;         /* and of what refers to it */
	Oid collation;
	AttrNumber
		line_attribute; /* of the first table, where that is all that refers to it; else InvalidAttrNumber */
	Oid index;          /* by which the row is found of that alone; InvalidOid: by SQL */
	Oid equal;          /* the function by which that compares */
} QueryBucket;

/* A table of the join. */
typedef struct QueryTable
{
	Oid relid; /* the root of its partition or inheritance tree */
	int first; /* index of the first place in which the table stands; each has what follows of its own */
	bool is_left;
	bool is_header;   /* its rows change together with lines, which lock them */
	bool is_promised; /* one match at most, though no unique key says so */
	Node *condition;  /* by which it is joined; NULL: the first */
	Bitmapset *reads; /* the columns that the query reads, primary key included */
	Bitmapset *ties;  /* those that conditions of joins read, and its key */
	QueryBucket bucket;
} QueryTable;

/* A column of the primary key of the first table. */
typedef struct QueryKey
{
	AttrNumber attribute; /* of the first table */
	const char *name;     /* of the booking table's column */
	const char *equal;    /* its operator, as SQL has it */
} QueryKey;

typedef struct BookingQuery
{
	int32 source_id;   /* 0: it has none yet */
	Oid booking_table; /* InvalidOid: it has none yet */
	const char *stage; /* of the bookings that are taken; NULL: stage is no column of the query */
	Query *tree;       /* as PostgreSQL has it, for its text */
	int tables;
	QueryTable *table;
	Node *columns[QUERY_COLUMNS]; /* NULL: none */
	Node *counts;                 /* WHERE, and the stage; NULL: each row counts */
	int keys;
	QueryKey *key;
	bool has_promise;
	bool is_foreign;            /* to evaluate it runs code that somebody wrote */
	List *plans;                /* of QueryPlan, that are kept */
	struct QueryDirect *direct; /* what it takes to read pairs without SQL; NULL: not known yet */
	int in_use;                 /* how many statements are being run by it, one within the other */
} BookingQuery;

extern const char *query_column_name(QueryColumn column);
extern MappingColumn query_column_mapping(QueryColumn column);
extern BookingQuery *booking_query_of_tree(Query *tree, const char *stage);
extern Oid booking_query_lines(const BookingQuery *query);
extern Oid booking_query_owner(const BookingQuery *query);
extern List *booking_query_expressions(const BookingQuery *query);
extern bool booking_query_fits(const BookingQuery *query);
extern int booking_query_position(const BookingQuery *query, Oid relid);

#endif
