/*
 * own_text_list.h
 *	  The messages that SQL of ours raises.
 */
#ifndef SP71_OWN_TEXT_LIST_H
#define SP71_OWN_TEXT_LIST_H

extern const char *const own_texts[];
extern const int own_texts_count;

#endif
