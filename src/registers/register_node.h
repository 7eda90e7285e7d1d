/*
 * register_node.h
 *	  Entries of the registers with the way up to their root, as the latest snapshot shows them.
 */
#ifndef SP71_REGISTER_NODE_H
#define SP71_REGISTER_NODE_H

#include "sp71_steering.h"

#include "registers/register_rows.h"
#include "utils/date.h"
#include "utils/snapshot.h"

/* An entry of a register (participant or service) with the way up to its root. */
typedef struct RegisterNode
{
	int32 id;
	const char *code;
	DateADT first_day;  /* DATEVAL_NOBEGIN: always was */
	DateADT end_day;    /* exclusive; DATEVAL_NOEND: has no end */
	bool require_cap;   /* services: a booking needs a budget cap */
	int depth;          /* length of path */
	int32 *path;        /* ids, self first, then upwards */
	const char **codes; /* of the entries of path */
	Oid *readers;       /* participants: role per entry of path, or InvalidOid */
} RegisterNode;

extern RegisterNode *register_node_load(const RegisterKind *kind, const RegisterRows *rows,
										const char *code);
extern RegisterNode *register_node_copy(const RegisterNode *node);
extern int32 register_node_id(const RegisterKind *kind, const char *code, Snapshot snapshot);
extern char *register_node_code(const RegisterKind *kind, int32 id);
extern bool register_node_is_below(const RegisterNode *node, int32 id);

#endif
