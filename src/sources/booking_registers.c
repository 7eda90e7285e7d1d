/*
 * booking_registers.c
 *	  Both registers as the active snapshot shows them; see booking_registers.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

#include "nodes/elsewhere.h"
#include "own.h"
#include "own_query.h"
#include "sources/booking_registers.h"

/* A code as it stands in a row: not terminated. */
typedef struct BookingCode
{
	const char *data;
	int length;
} BookingCode;

/* An entry of a register by its code. */
typedef struct BookingNode
{
	BookingCode code;
	char status;
	RegisterNode node;
} BookingNode;

#define SH_PREFIX booking_hash
#define SH_ELEMENT_TYPE BookingNode
#define SH_KEY_TYPE BookingCode
#define SH_KEY code
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) (k).data, (k).length)
#define SH_EQUAL(tb, a, b) ((a).length == (b).length && memcmp((a).data, (b).data, (a).length) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct BookingRegisters
{
	booking_hash_hash *services;
	booking_hash_hash *participants;
	bool may_read_all;
	Bitmapset *readable; /* ids of participants, unless may_read_all */
	Bitmapset *sources;  /* ids of sources with bookings of these */
};

/* Both have the columns: id, code, first day, end day. */
#define BOOKING_SERVICES                                                                           \
	"SELECT service_id, code, coalesce(lower(during), '-infinity'), "                              \
	"coalesce(upper(during), 'infinity') FROM steering.service"
#define BOOKING_PARTICIPANTS                                                                       \
	"SELECT participant_id, code, coalesce(lower(during), '-infinity'), "                          \
	"coalesce(upper(during), 'infinity') FROM steering.participant"

/* The sources that have bookings of participants; %s: what stored usage is read from. */
#define BOOKING_SOURCES                                                                            \
	"SELECT source_id FROM steering.%s WHERE participant_id = ANY ($1) "                           \
	"GROUP BY source_id, service_id, participant_id, month HAVING pg_catalog.sum(bookings) <> 0"

/* Adds one row of a register to its hash table. Allocates in the current context. */
static void
booking_register_add(booking_hash_hash *nodes, uint64 row)
{
	BookingCode code;
	RegisterNode *node;
	bool isnull;
	bool found;

	code.data = TextDatumGetCString(own_spi_column(row, 2, NULL));
	code.length = strlen(code.data);
	node = &booking_hash_insert(nodes, code, &found)->node;
	memset(node, 0, sizeof(RegisterNode));
	node->id = DatumGetInt32(own_spi_column(row, 1, NULL));
	node->code = code.data;
	node->first_day = DatumGetDateADT(own_spi_column(row, 3, &isnull));
	node->end_day = DatumGetDateADT(own_spi_column(row, 4, &isnull));
}

/* Reads a register into a hash table in the memory of context. */
static booking_hash_hash *
booking_register_load(const char *query, MemoryContext context)
{
	booking_hash_hash *nodes = booking_hash_create(context, 64, NULL);
	MemoryContext spi;

	(void) own_query_read(query, 0, NULL, NULL);
	spi = MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
		booking_register_add(nodes, i);
	MemoryContextSwitchTo(spi);
	return nodes;
}

/* Returns what a query put out in its only column, a list of ids, in the memory of context. */
static Bitmapset *
booking_register_ids(MemoryContext context)
{
	MemoryContext spi = MemoryContextSwitchTo(context);
	Bitmapset *ids = NULL;

	for (uint64 i = 0; i < SPI_processed; i++)
		ids = bms_add_member(ids, DatumGetInt32(own_spi_column(i, 1, NULL)));
	MemoryContextSwitchTo(spi);
	return ids;
}

/* Finds out which participants the present role may read. Allocates in the current context. */
static Bitmapset *
booking_register_readable(void)
{
	MemoryContext context = CurrentMemoryContext;
	Bitmapset *readable;

	SPI_connect();
	(void) own_query_read("SELECT participant_id FROM steering.readable_participant", 0, NULL,
						  NULL);
	readable = booking_register_ids(context);
	SPI_finish();
	return readable;
}

/* Finds out which sources have bookings of these participants. Within own_spi. */
static Bitmapset *
booking_register_sources(const Bitmapset *participants, MemoryContext context)
{
	Oid types[] = {INT4ARRAYOID};
	Datum *ids = palloc((bms_num_members(participants) + 1) * sizeof(Datum));
	Datum values[1];
	int count = 0;

	for (int id = -1; (id = bms_next_member(participants, id)) >= 0;)
		ids[count++] = Int32GetDatum(id);
	values[0] =
		PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	(void) own_query_read(psprintf(BOOKING_SOURCES, elsewhere_cells_here()), 1, types, values);
	return booking_register_ids(context);
}

/* Reads both registers, and what the present role may read of them. */
BookingRegisters *
booking_registers_load(void)
{
	MemoryContext context = CurrentMemoryContext;
	BookingRegisters *registers = palloc0(sizeof(BookingRegisters));
	OwnSpi spi;

	registers->may_read_all =
		pg_class_aclcheck(own_relation(OWN_CAP), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
	if (!registers->may_read_all)
		registers->readable = booking_register_readable();

	/* From here on as the owner of the registers: what the role may read was found out as the role. */
	own_spi_begin(&spi);
	registers->services = booking_register_load(BOOKING_SERVICES, context);
	registers->participants = booking_register_load(BOOKING_PARTICIPANTS, context);
	if (!bms_is_empty(registers->readable))
		registers->sources = booking_register_sources(registers->readable, context);
	own_spi_end(&spi);
	return registers;
}

/* Tells whether the role may read bookings at all. */
bool
booking_registers_show_any(const BookingRegisters *registers)
{
	return registers->may_read_all || !bms_is_empty(registers->sources);
}

/* Tells whether the role may read bookings of a source. */
bool
booking_registers_show(const BookingRegisters *registers, int32 source_id)
{
	return registers->may_read_all || bms_is_member(source_id, registers->sources);
}

/* Finds an entry of a register by its code, which is not terminated; NULL: there is none. */
const RegisterNode *
booking_registers_find(void *registers, MappingColumn column, const char *code, int length)
{
	BookingRegisters *both = registers;
	BookingCode key = {code, length};
	BookingNode *entry;

	Assert(column == MAPPING_SERVICE || column == MAPPING_PARTICIPANT);
	entry =
		booking_hash_lookup(column == MAPPING_SERVICE ? both->services : both->participants, key);
	return entry == NULL ? NULL : &entry->node;
}

/* Tells whether the role may read bookings of a participant; NULL: rows that are no bookings. */
bool
booking_registers_show_to(const BookingRegisters *registers, const RegisterNode *participant)
{
	return registers->may_read_all ||
		   (participant != NULL && bms_is_member(participant->id, registers->readable));
}
