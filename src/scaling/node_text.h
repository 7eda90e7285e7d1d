/*
 * node_text.h
 *	  Arguments of the functions for nodes: names and connection strings.
 */
#ifndef SP71_NODE_TEXT_H
#define SP71_NODE_TEXT_H

#include "sp71_steering.h"

extern Datum node_text_name(FunctionCallInfo fcinfo, int argument, const char *noun);
extern Datum node_text_connection(FunctionCallInfo fcinfo, int argument, const char *noun);

#endif
