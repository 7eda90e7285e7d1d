/*
 * exclude.c
 *	  Being alone with the ledger: what whoever changes structure begins with.
 */
#include "postgres.h"

#include "bookings/exclude.h"
#include "bookings/statement.h"
#include "ledger/unwritten.h"
#include "rules/rulebook.h"

/* Keeps the bookings of others out, to the end of the transaction, and writes this one's own. */
void
exclude_bookings(void)
{
	rulebook_exclude_bookings();
	statement_write_queued();
	unwritten_flush();
}
