/*
 * code.h
 *	  Codes of services, participants and the like, as people see them. Knows nothing of fmgr and of tables.
 */
#ifndef SP71_CODE_H
#define SP71_CODE_H

#include "sp71_steering.h"

extern const char *code_fault(const char *code);
extern char *code_spelling(const char *code);
extern const char *code_shown(const char *code);

#endif
