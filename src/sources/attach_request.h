/*
 * attach_request.h
 *	  What attach() was asked to do, and its dry run attach_problems(): their arguments are the same.
 */
#ifndef SP71_ATTACH_REQUEST_H
#define SP71_ATTACH_REQUEST_H

#include "sp71_steering.h"

#include "bookings/judge.h"
#include "fmgr.h"
#include "mapping/mapping_tree.h"
#include "mapping/source.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

typedef struct AttachRequest
{
	Oid relid;
	const char *expressions[MAPPING_COLUMNS]; /* as given; NULL: none */
	const char *stage;
	const char *unknown;
	bool is_commitment;
	bool ignores_unknown;
	bool accepts_overrun;
	bool is_distributed; /* Citus keeps its rows in shards */
	bool is_again;       /* by the mapping of a source that was lost: see attach_again.c */
	JudgeWhen
		of_shard; /* how the rows are judged of a shard that comes with them; JUDGE_BOOKING: of no such */
	const char *dry_run; /* function that tells all that is wrong; NULL: there is none */
	int64 closed_event;  /* that has the usage in closed periods of that; 0: none */
} AttachRequest;

extern void attach_request_check_orders(const AttachRequest *request);
extern void attach_request_read(FunctionCallInfo fcinfo, AttachRequest *request);
extern List *attach_lock_tree(Oid relid, LOCKMODE lockmode);
extern Expr *attach_request_expression(const AttachRequest *request, Relation rel,
									   MappingColumn column);

#endif
