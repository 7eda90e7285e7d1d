/*
 * rulebook_caps.c
 *	  What the rulebook remembers of caps: which stand over the pairs of entries that were asked for, and where all
 *	  their rows are, where reading that at once pays. It lives in the rulebook's memory, and is forgotten with it.
 *
 * A new cap has those lists forgotten that it belongs in, and the places of all rows.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "rules/rulebook_caps.h"

/* The caps over one pair of entries. */
typedef struct ScopeKey
{
	int32 service_id;
	int32 participant_id;
} ScopeKey;

typedef struct ScopeEntry
{
	ScopeKey key;
	char status;
	const RegisterNode *service;
	const RegisterNode *participant;
	CapList *caps;
} ScopeEntry;

#define SH_PREFIX scope_hash
#define SH_ELEMENT_TYPE ScopeEntry
#define SH_KEY_TYPE ScopeKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k)                                                                         \
	hash_combine(murmurhash32((k).service_id), murmurhash32((k).participant_id))
#define SH_EQUAL(tb, a, b)                                                                         \
	((a).service_id == (b).service_id && (a).participant_id == (b).participant_id)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct RulebookCaps
{
	MemoryContext context; /* of the rulebook */
	scope_hash_hash *scopes;
	CapRows *rows;  /* of all caps; NULL: they are looked for pair by pair */
	int lookups;    /* how often the caps over a pair were not remembered */
	int32 last_cap; /* the highest id of a cap when this was brought up to date, or CAPS_NONE */
};

#define CAPS_NONE (-1)        /* no caps are remembered */
#define CAPS_MAX_SCOPES 50000 /* with more, the rulebook is forgotten: bounds it to some 15 MB */
#define CAPS_MAX_NEWS 256     /* with more new caps, it is forgotten rather than searched */

/* Begins with nothing known, in the rulebook's memory. */
RulebookCaps *
rulebook_caps_make(MemoryContext context)
{
	RulebookCaps *caps = MemoryContextAllocZero(context, sizeof(RulebookCaps));

	caps->context = context;
	caps->scopes = scope_hash_create(context, 64, NULL);
	caps->last_cap = CAPS_NONE;
	return caps;
}

/* Tells whether so much is remembered that all should be forgotten. */
bool
rulebook_caps_are_too_many(const RulebookCaps *caps)
{
	return caps->scopes->members >= CAPS_MAX_SCOPES;
}

/* Forgets the lists of caps that a new cap belongs in. */
static void
rulebook_caps_forget(RulebookCaps *caps, const NewCap *news, int count)
{
	scope_hash_iterator iterator;
	ScopeEntry *entry;

	scope_hash_start_iterate(caps->scopes, &iterator);
	while ((entry = scope_hash_iterate(caps->scopes, &iterator)) != NULL)
		for (int i = 0; i < count; i++)
			if (register_node_is_below(entry->service, news[i].service_id) &&
				register_node_is_below(entry->participant, news[i].participant_id))
			{
				pfree(entry->caps);
				scope_hash_delete_item(caps->scopes, entry);
				break;
			}
}

/* Forgets what the caps that were added belong in; false: better to forget all. */
bool
rulebook_caps_read_news(RulebookCaps *caps)
{
	NewCap *news;
	int count;

	if (caps->rows != NULL)
		cap_rows_free(caps->rows);
	caps->rows = NULL;
	if (caps->last_cap == CAPS_NONE)
		return true;
	news = palloc(CAPS_MAX_NEWS * sizeof(NewCap));
	count = cap_list_read_new(caps->last_cap, news, CAPS_MAX_NEWS);
	if (count > 0 && count < CAPS_MAX_NEWS)
	{
		rulebook_caps_forget(caps, news, count);
		caps->last_cap = news[0].cap_id;
	}
	pfree(news);
	return count < CAPS_MAX_NEWS;
}

/* Reads where the rows of all caps are, if that pays now, and notes which caps will be new. */
static void
rulebook_caps_prepare(RulebookCaps *caps)
{
	caps->lookups++;
	if (caps->rows == NULL)
		caps->rows = cap_rows_load(caps->context, caps->lookups);
	/* Before anything above it could be read. */
	if (caps->last_cap == CAPS_NONE)
		caps->last_cap = caps->rows != NULL ? cap_rows_last(caps->rows) : cap_list_last();
}

/*
 * Returns an entry of a register that lives as long as what is remembered. A batch that began before the rulebook was
 * forgotten has entries of the old one, whose memory goes with the transaction.
 */
static const RegisterNode *
rulebook_caps_own_node(const RulebookCaps *caps, const RegisterNode *node)
{
	MemoryContext caller;
	RegisterNode *copy;

	if (GetMemoryChunkContext(unconstify(RegisterNode *, node)) == caps->context)
		return node;
	caller = MemoryContextSwitchTo(caps->context);
	copy = register_node_copy(node);
	MemoryContextSwitchTo(caller);
	return copy;
}

/* Reads the caps over a service and a participant, and remembers them. */
static const CapList *
rulebook_caps_load(RulebookCaps *caps, ScopeKey key, const RegisterNode *service,
				   const RegisterNode *participant)
{
	const RegisterNode *own_service = rulebook_caps_own_node(caps, service);
	const RegisterNode *own_participant = rulebook_caps_own_node(caps, participant);
	ScopeEntry *entry;
	CapList *list;
	bool found;

	rulebook_caps_prepare(caps);
	list = cap_list_load(caps->context, caps->rows, service, participant);
	entry = scope_hash_insert(caps->scopes, key, &found);
	entry->service = own_service;
	entry->participant = own_participant;
	entry->caps = list;
	return list;
}

/* Returns the caps over a service and a participant, of all dates, ordered by id. */
const CapList *
rulebook_caps_find(RulebookCaps *caps, const RegisterNode *service, const RegisterNode *participant)
{
	ScopeKey key = {service->id, participant->id};
	ScopeEntry *entry = scope_hash_lookup(caps->scopes, key);

	if (likely(entry != NULL))
		return entry->caps;
	return rulebook_caps_load(caps, key, service, participant);
}
