-- The contract of steering.amount: how it is stored, cast, compared, indexed and summed, and by whom.
BEGIN;
SELECT plan(25);

-- The functions of the type; those of caps also take amounts.
CREATE TEMPORARY VIEW amount_function AS
SELECT oid::regprocedure AS signature, *
FROM pg_proc
WHERE pronamespace = 'steering'::regnamespace
	AND (proname LIKE 'amount\_%' OR proname = 'abs' OR (prokind = 'a' AND 'steering.amount'::regtype = ANY (proargtypes)));

-- Type
SELECT has_type('steering', 'amount', 'the type exists');
SELECT results_eq(
	$$ SELECT typlen, typbyval, typalign, typstorage, typcategory, typispreferred FROM pg_type WHERE oid = 'steering.amount'::regtype $$,
	$$ VALUES (8::smallint, true, 'd'::"char", 'p'::"char", 'N'::"char", false) $$,
	'it is stored as a bigint and is no preferred type');
SELECT results_eq(
	$$ SELECT typinput <> 0, typoutput <> 0, typreceive <> 0, typsend <> 0, typarray <> 0 FROM pg_type WHERE oid = 'steering.amount'::regtype $$,
	$$ VALUES (true, true, true, true, true) $$,
	'it has text and binary input and output, and an array type');
SELECT ok(has_type_privilege('public', 'steering.amount', 'USAGE'), 'everybody may use it');

-- Casts
SELECT results_eq(
	$$ SELECT format_type(castsource, NULL), castcontext FROM pg_cast WHERE casttarget = 'steering.amount'::regtype ORDER BY 1 $$,
	$$ VALUES ('bigint', 'a'::"char"), ('integer', 'i'), ('numeric', 'a'), ('smallint', 'i') $$,
	'small whole numbers become amounts by themselves, others on assignment, floats never');
SELECT results_eq(
	$$ SELECT format_type(casttarget, NULL), castcontext FROM pg_cast WHERE castsource = 'steering.amount'::regtype ORDER BY 1 $$,
	$$ VALUES ('bigint', 'e'::"char"), ('double precision', 'e'), ('integer', 'e'), ('numeric', 'i'), ('smallint', 'e') $$,
	'amounts become numeric by themselves, others only when asked for');

-- Functions
SELECT is_empty($$ SELECT signature FROM amount_function WHERE provolatile <> 'i' AND prokind = 'f' $$, 'all functions are immutable');
SELECT is_empty($$ SELECT signature FROM amount_function WHERE proparallel <> 's' $$, 'all functions are parallel safe');
SELECT set_eq(
	$$ SELECT proname::text FROM amount_function WHERE prokind = 'f' AND NOT proisstrict $$,
	ARRAY['amount_accumulate', 'amount_discard', 'amount_combine', 'amount_sum', 'amount_average'],
	'all but those of the aggregates are strict');
SELECT set_eq(
	$$ SELECT proname::text FROM amount_function WHERE proleakproof $$,
	ARRAY['amount_less', 'amount_less_equal', 'amount_equal', 'amount_not_equal', 'amount_greater_equal', 'amount_greater',
		'amount_compare', 'amount_hash', 'amount_hash_extended'],
	'those that compare are leakproof');
SELECT is_empty($$ SELECT signature FROM amount_function WHERE has_function_privilege('public', oid, 'EXECUTE') = (proname ~ '_(in|out|recv|send|accumulate|combine|serialize|deserialize|discard|sum|average|smaller|larger)$') $$,
	'everybody may execute them, but for those that only the type and its aggregates call');

-- Operators
SELECT set_eq(
	$$ SELECT oprname::text, oprcom::regoperator::text, oprnegate::regoperator::text, oprrest::text, oprjoin::text, oprcanhash, oprcanmerge
		FROM pg_operator WHERE oprnamespace = 'steering'::regnamespace AND oprleft = 'steering.amount'::regtype AND oprresult = 'boolean'::regtype $$,
	$$ VALUES
		('<', 'steering.>(steering.amount,steering.amount)', 'steering.>=(steering.amount,steering.amount)', 'scalarltsel', 'scalarltjoinsel', false, false),
		('<=', 'steering.>=(steering.amount,steering.amount)', 'steering.>(steering.amount,steering.amount)', 'scalarlesel', 'scalarlejoinsel', false, false),
		('<>', 'steering.<>(steering.amount,steering.amount)', 'steering.=(steering.amount,steering.amount)', 'neqsel', 'neqjoinsel', false, false),
		('=', 'steering.=(steering.amount,steering.amount)', 'steering.<>(steering.amount,steering.amount)', 'eqsel', 'eqjoinsel', true, true),
		('>', 'steering.<(steering.amount,steering.amount)', 'steering.<=(steering.amount,steering.amount)', 'scalargtsel', 'scalargtjoinsel', false, false),
		('>=', 'steering.<=(steering.amount,steering.amount)', 'steering.<(steering.amount,steering.amount)', 'scalargesel', 'scalargejoinsel', false, false) $$,
	'comparisons have commutators, negators and estimators; equality hashes and merges');
SELECT set_eq(
	$$ SELECT o.oid::regoperator::text || ' -> ' || format_type(oprresult, NULL) FROM pg_operator AS o
		WHERE 'steering.amount'::regtype IN (oprleft, oprright) AND oprresult <> 'boolean'::regtype $$,
	ARRAY['steering.+(steering.amount,steering.amount) -> steering.amount', 'steering.-(steering.amount,steering.amount) -> steering.amount',
		'steering.-(NONE,steering.amount) -> steering.amount', 'steering.*(steering.amount,bigint) -> steering.amount',
		'steering.*(bigint,steering.amount) -> steering.amount', 'steering./(steering.amount,bigint) -> steering.amount'],
	'arithmetic is with amounts and whole numbers');

-- Operator classes
SELECT set_eq(
	$$ SELECT amname::text, opcname::text, opcdefault, amvalidate(c.oid) FROM pg_opclass AS c JOIN pg_am AS m ON m.oid = opcmethod
		WHERE opcintype = 'steering.amount'::regtype $$,
	$$ VALUES ('brin', 'amount_minmax_ops', true, true), ('btree', 'amount_ops', true, true), ('hash', 'amount_ops', true, true) $$,
	'the default operator classes of btree, hash and brin are valid');
SELECT set_eq(
	$$ SELECT amname || ' ' || amprocnum FROM pg_amproc JOIN pg_opfamily AS f ON f.oid = amprocfamily JOIN pg_am AS m ON m.oid = opfmethod
		WHERE amproclefttype = 'steering.amount'::regtype $$,
	ARRAY['btree 1', 'btree 2', 'btree 3', 'btree 4', 'hash 1', 'hash 2', 'brin 1', 'brin 2', 'brin 3', 'brin 4'],
	'they have sort support, window ranges, deduplication and extended hashing');

-- Aggregates
SELECT set_eq(
	$$ SELECT p.proname::text, format_type(p.prorettype, NULL), aggcombinefn <> 0 AS combines, aggserialfn <> 0 AS packs,
			aggdeserialfn <> 0 AS unpacks, aggmtransfn <> 0 AS moves, aggminvtransfn <> 0 AS discards, aggsortop <> 0 AS sorts
		FROM pg_aggregate AS a JOIN amount_function AS p ON p.oid = a.aggfnoid $$,
	$$ VALUES ('avg', 'numeric', true, true, true, true, true, false), ('max', 'steering.amount', true, false, false, false, false, true),
		('min', 'steering.amount', true, false, false, false, false, true), ('sum', 'steering.amount', true, true, true, true, true, false) $$,
	'aggregates combine, pass between workers, and move with a window');

-- Errors
SELECT throws_ok($$ SELECT 'twelve'::steering.amount $$, '22P02', 'invalid input syntax for type steering.amount: "twelve"');
SELECT throws_ok($$ SELECT ''::steering.amount $$, '22P02', 'invalid input syntax for type steering.amount: ""');
SELECT throws_ok($$ SELECT '922337203685477.5808'::steering.amount $$, '22003', 'value "922337203685477.5808" is out of range for type steering.amount');
SELECT throws_ok($$ SELECT 'NaN'::numeric::steering.amount $$, '22003', 'value "NaN" is out of range for type steering.amount');
SELECT throws_ok($$ SELECT 922337203685478::bigint::steering.amount $$, '22003', 'value "922337203685478" is out of range for type steering.amount');
SELECT throws_ok($$ SELECT '922337203685477.5807'::steering.amount OPERATOR(steering.+) '0.0001' $$, '22003', 'steering.amount out of range');
SELECT throws_ok($$ SELECT '1'::steering.amount OPERATOR(steering./) 0 $$, '22012', 'division by zero');
SELECT throws_ok($$ SELECT steering.sum(a) FROM unnest('{922337203685477.5807, 0.0001}'::steering.amount[]) AS a $$, '22003', 'sum of steering.amount out of range');

-- Documentation
SELECT is_empty($$
	SELECT signature::text FROM amount_function WHERE obj_description(oid, 'pg_proc') IS NULL
	UNION ALL SELECT oid::regoperator::text FROM pg_operator WHERE 'steering.amount'::regtype IN (oprleft, oprright) AND obj_description(oid, 'pg_operator') IS NULL
	UNION ALL SELECT opcname::text FROM pg_opclass WHERE opcintype = 'steering.amount'::regtype AND obj_description(oid, 'pg_opclass') IS NULL
	UNION ALL SELECT 'cast ' || oid FROM pg_cast WHERE 'steering.amount'::regtype IN (castsource, casttarget) AND obj_description(oid, 'pg_cast') IS NULL
	UNION ALL SELECT 'type' WHERE obj_description('steering.amount'::regtype, 'pg_type') IS NULL $$,
	'every object has a comment');

SELECT * FROM finish();
ROLLBACK;
