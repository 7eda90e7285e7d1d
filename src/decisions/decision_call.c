/*
 * decision_call.c
 *	  From the name of an act and a JSON object to a call with typed arguments.
 *
 * No text of a caller becomes SQL: names of functions and arguments come from the catalog, and values are
 * read by the input functions of their types, with the settings that own_pin_settings() pins. The object is
 * written anew from the values, so that a proposal means later, to whoever executes it, what it means now. The
 * name of a table does not: another one can get it. So the proposal also keeps which table it was (no act names
 * two), and what is signed is done to that one or not at all.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"

#include "decisions/decision_call.h"
#include "types/code.h"

/* An argument that the function takes. */
typedef struct CallArgument
{
	char *name;
	Oid type;
	bool is_optional;
	bool is_given;
} CallArgument;

/* What the function takes. */
typedef struct CallTarget
{
	const char *act;
	int count;
	CallArgument *arguments;
} CallTarget;

/* Fills in the arguments of a function that go in, in their order. */
static void
call_read_arguments(HeapTuple tuple, CallTarget *target)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	Oid *types;
	char **names;
	char *modes;
	int all = get_func_arg_info(tuple, &types, &names, &modes);

	target->count = 0;
	target->arguments = palloc0((all + 1) * sizeof(CallArgument));
	for (int i = 0; i < all; i++)
	{
		CallArgument *argument = &target->arguments[target->count];

		if (modes != NULL && modes[i] != PROARGMODE_IN)
			continue;
		argument->name = names[i];
		argument->type = types[i];
		argument->is_optional = target->count >= form->pronargs - form->pronargdefaults;
		target->count++;
	}
}

/* Finds the function of an act: the one of its name in our schema. */
static void
call_find_target(const char *act, CallTarget *target)
{
	CatCList *functions = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(act));
	Oid schema = get_namespace_oid(STEERING_SCHEMA, false);
	int found = 0;

	target->act = act;
	for (int i = 0; i < functions->n_members; i++)
	{
		HeapTuple tuple = &functions->members[i]->tuple;

		if (((Form_pg_proc) GETSTRUCT(tuple))->pronamespace != schema)
			continue;
		call_read_arguments(tuple, target);
		found++;
	}
	ReleaseSysCacheList(functions);
	if (found != 1)
		elog(ERROR, "act \"%s\" is not one function", act);
}

/* Returns the argument of a name; 22023: there is none. */
static CallArgument *
call_argument(const CallTarget *target, const JsonbValue *key)
{
	char *name = pnstrdup(key->val.string.val, key->val.string.len);

	for (int i = 0; i < target->count; i++)
		if (strcmp(target->arguments[i].name, name) == 0)
			return &target->arguments[i];
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("act \"%s\" has no argument \"%s\"", target->act, code_shown(name))));
}

/* Raises that an argument has a value of another kind. */
static void
call_refuse_value(const CallTarget *target, const CallArgument *argument, const char *wanted)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("argument \"%s\" of act \"%s\" must be %s", argument->name, target->act,
						   _(wanted))));
}

/* Returns the text of a JSON value that is to be of a type; which kinds that may be is checked. */
static char *
call_text(const CallTarget *target, const CallArgument *argument, Oid type, const JsonbValue *value)
{
	switch (type)
	{
		case BOOLOID:
			if (value->type != jbvBool)
				call_refuse_value(target, argument, gettext_noop("true or false"));
			return value->val.boolean ? "true" : "false";
		case INT2OID:
		case INT4OID:
		case INT8OID:
			if (value->type != jbvNumeric)
				call_refuse_value(target, argument, gettext_noop("a whole number"));
			break;
		case NUMERICOID:
			if (value->type != jbvNumeric && value->type != jbvString)
				call_refuse_value(target, argument, gettext_noop("a number, or \"infinity\""));
			break;
		default:
			if (value->type != jbvString)
				call_refuse_value(target, argument, gettext_noop("a text"));
	}
	if (value->type == jbvString)
		return pnstrdup(value->val.string.val, value->val.string.len);
	return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
}

/* Reads the text of a value of a type. */
static Datum
call_input(Oid type, char *text)
{
	Oid input;
	Oid parameter;

	getTypeInputInfo(type, &input, &parameter);
	return OidInputFunctionCall(input, text, parameter, -1);
}

/* Writes a value as JSON: numbers and truth as such, all else as its type writes it. */
static void
call_output(Oid type, Datum value, JsonbValue *json)
{
	Oid output;
	bool is_varlena;

	if (type == BOOLOID)
	{
		json->type = jbvBool;
		json->val.boolean = DatumGetBool(value);
		return;
	}
	getTypeOutputInfo(type, &output, &is_varlena);
	json->val.string.val = OidOutputFunctionCall(output, value);
	json->val.string.len = strlen(json->val.string.val);
	json->type = jbvString;
	if ((type == NUMERICOID || type == INT2OID || type == INT4OID || type == INT8OID) &&
		strspn(json->val.string.val, "+-.0123456789") == json->val.string.len)
	{
		json->val.numeric = DatumGetNumeric(call_input(NUMERICOID, json->val.string.val));
		json->type = jbvNumeric;
	}
}

/* Reads a JSON array as an array of a type, and writes it. */
static Datum
call_array(const CallTarget *target, const CallArgument *argument, Oid element,
		   const JsonbValue *value, JsonbParseState **state)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue item;
	ArrayBuildState *built = initArrayResult(element, CurrentMemoryContext, true);

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		call_refuse_value(target, argument, gettext_noop("a list"));
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		Datum read;
		JsonbValue written;

		if (token != WJB_ELEM)
			continue;
		read = call_input(element, call_text(target, argument, element, &item));
		built = accumArrayResult(built, read, false, element, CurrentMemoryContext);
		call_output(element, read, &written);
		(void) pushJsonbValue(state, WJB_ELEM, &written);
	}
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
	return makeArrayResult(built, CurrentMemoryContext);
}

/* Takes a JSON value as it is. */
static Datum
call_json(const JsonbValue *value, JsonbParseState **state)
{
	JsonbValue taken = *value;

	(void) pushJsonbValue(state, WJB_VALUE, &taken);
	return JsonbPGetDatum(JsonbValueToJsonb(&taken));
}

/* Reads a JSON value as one of a type, and writes it. */
static Datum
call_value(const CallTarget *target, const CallArgument *argument, const JsonbValue *value,
		   JsonbParseState **state)
{
	Oid element = get_element_type(argument->type);
	JsonbValue written;
	Datum read;

	if (argument->type == JSONBOID)
		return call_json(value, state);
	if (OidIsValid(element))
		return call_array(target, argument, element, value, state);
	read = call_input(argument->type, call_text(target, argument, argument->type, value));
	call_output(argument->type, read, &written);
	(void) pushJsonbValue(state, WJB_VALUE, &written);
	return read;
}

/* Takes one member of the object into the call. */
static void
call_add(const CallTarget *target, const JsonbValue *key, const JsonbValue *value,
		 DecisionCall *call, StringInfo list, JsonbParseState **state)
{
	CallArgument *argument = call_argument(target, key);
	int place = call->count++;
	JsonbValue name = *key;
	JsonbValue null = {.type = jbvNull};

	argument->is_given = true;
	(void) pushJsonbValue(state, WJB_KEY, &name);
	call->types[place] = argument->type;
	call->nulls[place] = value->type == jbvNull ? 'n' : ' ';
	if (value->type == jbvNull)
		(void) pushJsonbValue(state, WJB_VALUE, &null);
	else
		call->values[place] = call_value(target, argument, value, state);
	if (argument->type == REGCLASSOID && value->type != jbvNull)
		call->table = DatumGetObjectId(call->values[place]);
	appendStringInfo(list, "%s%s => $%d", place == 0 ? "" : ", ", quote_identifier(argument->name),
					 place + 1);
}

/* Takes all members of the object into the call. */
static void
call_add_all(const CallTarget *target, Jsonb *arguments, DecisionCall *call, StringInfo list)
{
	JsonbIterator *iterator = JsonbIteratorInit(&arguments->root);
	JsonbParseState *state = NULL;
	JsonbValue *built;
	JsonbValue key;
	JsonbValue value;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (JsonbIteratorNext(&iterator, &key, true) != WJB_BEGIN_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("arguments must be a JSON object of arguments by name")));
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		(void) JsonbIteratorNext(&iterator, &value, true);
		call_add(target, &key, &value, call, list, &state);
	}
	built = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	call->arguments = JsonbPGetDatum(JsonbValueToJsonb(built));
}

/* Makes the call of an act. Settings are pinned. Errors: 22023, those of the types. */
void
decision_call_make(const char *act, Jsonb *arguments, DecisionCall *call)
{
	CallTarget target;
	StringInfoData list;

	call_find_target(act, &target);
	call->count = 0;
	call->table = InvalidOid;
	call->types = palloc0((target.count + 1) * sizeof(Oid));
	call->values = palloc0((target.count + 1) * sizeof(Datum));
	call->nulls = palloc0(target.count + 1);
	initStringInfo(&list);
	call_add_all(&target, arguments, call, &list);
	for (int i = 0; i < target.count; i++)
		if (!target.arguments[i].is_optional && !target.arguments[i].is_given)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("act \"%s\" needs argument \"%s\"", act, target.arguments[i].name)));
	call->query =
		psprintf("SELECT * FROM %s.%s(%s)", STEERING_SCHEMA, quote_identifier(act), list.data);
}
