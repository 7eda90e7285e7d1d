/*
 * name_text.c
 *	  Names of tables and roles as texts: how SQL reads and writes them.
 *
 * Nothing here raises an error for a name that names nothing, nor for a text that is no name: what reads
 * them is there to keep such texts. A text of digits is no name either. regclass and regrole take it for
 * a number, and write the number of what is gone, so a dump of an older version may have one; in another
 * database it is the number of something else.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "types/name_text.h"

/* Returns the identifiers of a name as SQL reads them, folded and without quotes; NIL: it is no name. */
List *
name_text_identifiers(const char *text)
{
	List *identifiers;

	if (text[strspn(text, "0123456789")] == '\0' || strcmp(text, "-") == 0 ||
		!SplitIdentifierString(pstrdup(text), '.', &identifiers))
		return NIL;
	return identifiers;
}

/* Returns a name as SQL writes it; a text that is no name as it is. */
char *
name_text_canonical(const char *text)
{
	List *identifiers = name_text_identifiers(text);
	StringInfoData name;
	ListCell *cell;

	if (identifiers == NIL)
		return pstrdup(text);
	initStringInfo(&name);
	foreach(cell, identifiers)
		appendStringInfo(&name, "%s%s", name.len > 0 ? "." : "", quote_identifier(lfirst(cell)));
	return name.data;
}

/* Returns the name of a table, qualified and quoted where needed; NULL: there is none of that number. */
char *
name_text_of_table(Oid relid)
{
	char *name = get_rel_name(relid);

	if (name == NULL)
		return NULL;
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name);
}

/*
 * Returns the name of a relation as messages give it, qualified and quoted where needed; the number of one that
 * is gone.
 */
char *
name_text_in_message(Oid relid)
{
	char *name = get_rel_name(relid);

	if (name == NULL)
		return psprintf("%u", relid);
	return quote_qualified_identifier(get_namespace_name_or_temp(get_rel_namespace(relid)), name);
}

/* Returns the name of a role, quoted where needed; NULL: there is none of that number. */
char *
name_text_of_role(Oid role)
{
	char *name = OidIsValid(role) ? GetUserNameFromId(role, true) : NULL;

	return name == NULL ? NULL : pstrdup(quote_identifier(name));
}

/* Finds the table of a name, in its schema or along search_path, without asking for rights on either. */
Oid
name_text_find_table(const char *text)
{
	List *identifiers = name_text_identifiers(text);
	Oid schema;

	if (list_length(identifiers) == 1)
		return RelnameGetRelid(linitial(identifiers));
	if (list_length(identifiers) != 2)
		return InvalidOid;
	schema = get_namespace_oid(linitial(identifiers), true);
	return OidIsValid(schema) ? get_relname_relid(lsecond(identifiers), schema) : InvalidOid;
}

/* Finds the role of a name. */
Oid
name_text_find_role(const char *text)
{
	List *identifiers = name_text_identifiers(text);

	return list_length(identifiers) == 1 ? get_role_oid(linitial(identifiers), true) : InvalidOid;
}
