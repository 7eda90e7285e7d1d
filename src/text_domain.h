/*
 * text_domain.h
 *	  The catalogue that messages are looked up in, po/nl.po among others. The compiler reads this before each file
 *	  (see the Makefile), since none may forget it: what ereport() has no domain for is never translated.
 *
 * Texts that go through a variable are marked by gettext_noop() where they stand, and by _() where they are used.
 */
#ifndef SP71_TEXT_DOMAIN_H
#define SP71_TEXT_DOMAIN_H

#include "postgres.h"

#undef TEXTDOMAIN
#define TEXTDOMAIN PG_TEXTDOMAIN("sp71_steering")

/* PostgreSQL's own _() looks in its own catalogue. */
#undef _
#define _(text) dgettext(TEXTDOMAIN, text)

#endif
