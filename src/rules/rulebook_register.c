/*
 * rulebook_register.c
 *	  What the rulebook remembers of a register: entries that were asked for, and all rows, where reading them
 *	  at once pays. It lives in the rulebook's memory, and is forgotten with it.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "rules/rulebook_register.h"

/* A code as it stands in a finance row: not terminated. */
typedef struct CodeKey
{
	const char *data;
	int length;
} CodeKey;

typedef struct NodeEntry
{
	CodeKey key;
	uint32 hash;
	char status;
	RegisterNode *node;
} NodeEntry;

#define SH_PREFIX node_hash
#define SH_ELEMENT_TYPE NodeEntry
#define SH_KEY_TYPE CodeKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) (k).data, (k).length)
#define SH_EQUAL(tb, a, b) ((a).length == (b).length && memcmp((a).data, (b).data, (a).length) == 0)
#define SH_SCOPE static inline
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e) (e)->hash
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct RulebookRegister
{
	MemoryContext context; /* of the rulebook */
	const RegisterKind *kind;
	node_hash_hash *nodes;
	RegisterRows *rows; /* all of them; NULL: they are read one by one */
	int lookups;        /* how often an entry was not remembered */
};

/* Begins with a register of which nothing is known, in the rulebook's memory. */
RulebookRegister *
rulebook_register_make(MemoryContext context, const RegisterKind *kind)
{
	RulebookRegister *entries = MemoryContextAllocZero(context, sizeof(RulebookRegister));

	entries->context = context;
	entries->kind = kind;
	entries->nodes = node_hash_create(context, 64, NULL);
	return entries;
}

/* Remembers an entry. */
static const RegisterNode *
rulebook_register_remember(RulebookRegister *entries, const RegisterNode *found)
{
	MemoryContext caller = MemoryContextSwitchTo(entries->context);
	RegisterNode *node = register_node_copy(found);
	CodeKey key = {node->code, strlen(node->code)};
	bool was_there;

	MemoryContextSwitchTo(caller);
	node_hash_insert(entries->nodes, key, &was_there)->node = node;
	return node;
}

/* Finds an entry of a register by its code, among what is remembered or else in its table. Unknown codes are not remembered. */
const RegisterNode *
rulebook_register_find(RulebookRegister *entries, const char *code, int length)
{
	CodeKey key = {code, length};
	NodeEntry *entry = node_hash_lookup(entries->nodes, key);
	const RegisterNode *node;
	MemoryContext work;
	MemoryContext caller;

	if (likely(entry != NULL))
		return entry->node;

	work =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering register", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(work);
	entries->lookups++;
	if (entries->rows == NULL)
		entries->rows = register_rows_load(entries->kind, entries->context, entries->lookups);
	node = register_node_load(entries->kind, entries->rows, pnstrdup(code, length));
	if (node != NULL)
		node = rulebook_register_remember(entries, node);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	return node;
}
