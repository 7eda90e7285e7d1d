/*
 * own_text.h
 *	  What SQL of ours says in messages, in the language of the session.
 */
#ifndef SP71_OWN_TEXT_H
#define SP71_OWN_TEXT_H

#include "postgres.h"

extern const char *own_text_said(const char *text);

#endif
