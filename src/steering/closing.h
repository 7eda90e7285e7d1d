/*
 * closing.h
 *	  The only writer of steering.closing, for who applies what the coordinator has decided.
 */
#ifndef SP71_CLOSING_H
#define SP71_CLOSING_H

#include "sp71_steering.h"

extern void closing_follow(Datum rows);

#endif
