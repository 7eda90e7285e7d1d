/*
 * module.c
 *	  The library's magic, and what is done when it is loaded; nothing else.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "bookings/commit.h"
#include "bookings/cut_short.h"
#include "bookings/view_statement.h"
#include "mapping/mapping.h"
#include "own.h"
#include "own_query.h"
#include "queries/query_cache.h"
#include "rules/rulebook.h"
#include "settings.h"

PG_MODULE_MAGIC;

extern void _PG_init(void);

/* Binds the catalogue of messages, defines the settings and registers the callbacks; runs at first use in each backend. */
void
_PG_init(void)
{
	pg_bindtextdomain(TEXTDOMAIN);
	settings_define();
	own_register_callbacks();
	own_query_register_hook();
	mapping_register_callbacks();
	rulebook_register_callbacks();
	commit_register_callbacks();
	cut_short_register_hooks();
	view_statement_register_hooks();
	query_cache_register_callbacks();
}
