/*
 * refusal_record.h
 *	  A refusal as it is kept: what the transaction that it ends cannot keep itself.
 */
#ifndef SP71_REFUSAL_RECORD_H
#define SP71_REFUSAL_RECORD_H

#include "sp71_steering.h"

#include "types/amount.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#define REFUSAL_CODE_SIZE 128 /* of a code, with its end; longer ones are cut */

/* What refuses. */
typedef enum RefusalKind
{
	REFUSED_BY_CAP,
	REFUSED_WITHOUT_CAP, /* the service requires one */
	REFUSED_AS_UNKNOWN,  /* service, participant or day */
	REFUSED_AS_CLOSED,
	REFUSAL_KINDS /* how many there are */
} RefusalKind;

/* It goes through shared memory, so it points to nothing. */
typedef struct RefusalRecord
{
	TimestampTz refused_at;
	RefusalKind kind;
	int sqlstate;
	int32 cap_id; /* 0: none */
	bool has_day;
	bool has_figures;
	DateADT booked_on;
	Amount asked; /* what would have been added to usage */
	Amount too_much;
	char metric[NAMEDATALEN]; /* empty: none */
	char service[REFUSAL_CODE_SIZE];
	char participant[REFUSAL_CODE_SIZE];
	char source[2 * NAMEDATALEN + 1];
	char session_user[NAMEDATALEN];
	char role[NAMEDATALEN];
	char application[NAMEDATALEN];
} RefusalRecord;

extern void refusal_record_begin(RefusalRecord *record, RefusalKind kind, int sqlstate, Oid relid);
extern void refusal_record_codes(RefusalRecord *record, const char *service,
								 const char *participant);
extern const char *refusal_kind_name(RefusalKind kind);

#endif
