-- The contract of steering.cost_result: how it is stored, cast, compared, indexed and summed, and by whom.
BEGIN;
SELECT plan(26);

CREATE TEMPORARY VIEW pair_function AS
SELECT oid::regprocedure AS signature, *
FROM pg_proc
WHERE pronamespace = 'steering'::regnamespace
	AND (proname LIKE 'cost\_result%' OR 'steering.cost_result'::regtype = ANY (proargtypes));

-- Type
SELECT has_type('steering', 'cost_result', 'the type exists');
SELECT results_eq(
	$$ SELECT typlen, typbyval, typalign, typstorage, typcategory, typispreferred FROM pg_type WHERE oid = 'steering.cost_result'::regtype $$,
	$$ VALUES (16::smallint, false, 'd'::"char", 'p'::"char", 'U'::"char", false) $$,
	'it is stored in 16 bytes');
SELECT results_eq(
	$$ SELECT typinput <> 0, typoutput <> 0, typreceive <> 0, typsend <> 0, typarray <> 0 FROM pg_type WHERE oid = 'steering.cost_result'::regtype $$,
	$$ VALUES (true, true, true, true, true) $$,
	'it has text and binary input and output, and an array type');
SELECT ok(has_type_privilege('public', 'steering.cost_result', 'USAGE'), 'everybody may use it');

-- Casts
SELECT results_eq(
	$$ SELECT format_type(casttarget, NULL), castcontext FROM pg_cast WHERE castsource = 'steering.cost_result'::regtype ORDER BY 1 $$,
	$$ VALUES ('double precision', 'e'::"char"), ('numeric', 'e') $$,
	'it becomes a ratio only when asked for');
SELECT is_empty($$ SELECT castsource::regtype FROM pg_cast WHERE casttarget = 'steering.cost_result'::regtype $$, 'nothing becomes a pair by itself');

-- Functions
SELECT set_eq(
	$$ SELECT proname || '(' || pg_get_function_arguments(oid) || ') ' || pg_get_function_result(oid) FROM pair_function
		WHERE proname IN ('cost_result', 'cost', 'result', 'per_result') $$,
	ARRAY['cost_result(cost numeric, result numeric) steering.cost_result', 'cost(steering.cost_result) numeric', 'result(steering.cost_result) numeric',
		'per_result(steering.cost_result) numeric'],
	'a pair is made of two numbers, and taken apart');
SELECT is_empty($$ SELECT signature FROM pair_function WHERE provolatile <> 'i' AND prokind = 'f' $$, 'all functions are immutable');
SELECT is_empty($$ SELECT signature FROM pair_function WHERE proparallel <> 's' $$, 'all functions are parallel safe');
SELECT set_eq(
	$$ SELECT proname::text FROM pair_function WHERE prokind = 'f' AND NOT proisstrict $$,
	ARRAY['cost_result_accumulate', 'cost_result_discard', 'cost_result_combine', 'cost_result_sum'],
	'all but those of the aggregate are strict');
SELECT set_eq(
	$$ SELECT proname::text FROM pair_function WHERE proleakproof $$,
	ARRAY['cost_result_less', 'cost_result_less_equal', 'cost_result_equal', 'cost_result_not_equal', 'cost_result_greater_equal',
		'cost_result_greater', 'cost_result_compare', 'cost_result_hash', 'cost_result_hash_extended'],
	'those that compare are leakproof');
SELECT is_empty($$ SELECT signature FROM pair_function WHERE has_function_privilege('public', oid, 'EXECUTE') = (proname ~ '_(in|out|recv|send|accumulate|combine|serialize|deserialize|discard|sum|average|smaller|larger)$') $$,
	'everybody may execute them, but for those that only the type and its aggregate call');

-- Operators
SELECT set_eq(
	$$ SELECT oprname::text, oprcom::regoperator::text, oprnegate::regoperator::text, oprrest::text, oprjoin::text, oprcanhash, oprcanmerge
		FROM pg_operator WHERE oprnamespace = 'steering'::regnamespace AND oprleft = 'steering.cost_result'::regtype AND oprresult = 'boolean'::regtype $$,
	$$ VALUES
		('<', 'steering.>(steering.cost_result,steering.cost_result)', 'steering.>=(steering.cost_result,steering.cost_result)', 'scalarltsel', 'scalarltjoinsel', false, false),
		('<=', 'steering.>=(steering.cost_result,steering.cost_result)', 'steering.>(steering.cost_result,steering.cost_result)', 'scalarlesel', 'scalarlejoinsel', false, false),
		('<>', 'steering.<>(steering.cost_result,steering.cost_result)', 'steering.=(steering.cost_result,steering.cost_result)', 'neqsel', 'neqjoinsel', false, false),
		('=', 'steering.=(steering.cost_result,steering.cost_result)', 'steering.<>(steering.cost_result,steering.cost_result)', 'eqsel', 'eqjoinsel', true, true),
		('>', 'steering.<(steering.cost_result,steering.cost_result)', 'steering.<=(steering.cost_result,steering.cost_result)', 'scalargtsel', 'scalargtjoinsel', false, false),
		('>=', 'steering.<=(steering.cost_result,steering.cost_result)', 'steering.<(steering.cost_result,steering.cost_result)', 'scalargesel', 'scalargejoinsel', false, false) $$,
	'comparisons have commutators, negators and estimators; equality hashes and merges');
SELECT set_eq(
	$$ SELECT o.oid::regoperator::text || ' -> ' || format_type(oprresult, NULL) FROM pg_operator AS o
		WHERE 'steering.cost_result'::regtype IN (oprleft, oprright) AND oprresult <> 'boolean'::regtype $$,
	ARRAY['steering.+(steering.cost_result,steering.cost_result) -> steering.cost_result',
		'steering.-(steering.cost_result,steering.cost_result) -> steering.cost_result'],
	'arithmetic is with pairs');

-- Operator classes
SELECT set_eq(
	$$ SELECT amname::text, opcname::text, opcdefault, amvalidate(c.oid) FROM pg_opclass AS c JOIN pg_am AS m ON m.oid = opcmethod
		WHERE opcintype = 'steering.cost_result'::regtype $$,
	$$ VALUES ('btree', 'cost_result_ops', true, true), ('hash', 'cost_result_ops', true, true) $$,
	'the default operator classes of btree and hash are valid');
SELECT set_eq(
	$$ SELECT amname || ' ' || amprocnum FROM pg_amproc JOIN pg_opfamily AS f ON f.oid = amprocfamily JOIN pg_am AS m ON m.oid = opfmethod
		WHERE amproclefttype = 'steering.cost_result'::regtype $$,
	ARRAY['btree 1', 'btree 4', 'hash 1', 'hash 2'],
	'they have deduplication and extended hashing');

-- Aggregates
SELECT set_eq(
	$$ SELECT p.proname::text, format_type(p.prorettype, NULL), aggcombinefn <> 0 AS combines, aggserialfn <> 0 AS packs,
			aggdeserialfn <> 0 AS unpacks, aggmtransfn <> 0 AS moves, aggminvtransfn <> 0 AS discards, aggsortop <> 0 AS sorts
		FROM pg_aggregate AS a JOIN pair_function AS p ON p.oid = a.aggfnoid $$,
	$$ VALUES ('max', 'steering.cost_result', true, false, false, false, false, true),
		('min', 'steering.cost_result', true, false, false, false, false, true), ('sum', 'steering.cost_result', true, true, true, true, true, false) $$,
	'aggregates combine, pass between workers, and move with a window; there is no average of ratios');

-- Results
SELECT is('1255100/1000'::steering.cost_result::text, '1255100.00 / 1000.00', 'it shows cost per result');
SELECT is(steering.per_result('1/0'), NULL, 'nothing is a cost per no result');
SELECT is(steering.per_result(steering.sum(pair)), 21.1538461538461538, 'the ratio of a sum is the ratio of the sums')
	FROM unnest('{900/10, 100/90, 500/0, 700/4}'::steering.cost_result[]) AS pair;

-- Errors
SELECT throws_ok($$ SELECT '12'::steering.cost_result $$, '22P02', 'invalid input syntax for type steering.cost_result: "12"');
SELECT throws_ok($$ SELECT '1e20/1'::steering.cost_result $$, '22003', 'value "1e20/1" is out of range for type steering.cost_result');
SELECT throws_ok($$ SELECT steering.cost_result(1, 'NaN') $$, '22003', 'value "NaN" is out of range for type steering.amount');
SELECT throws_ok($$ SELECT '1/922337203685477.5807'::steering.cost_result OPERATOR(steering.+) '1/0.0001' $$, '22003', 'steering.amount out of range');
SELECT throws_ok($$ SELECT steering.sum(p) FROM unnest('{922337203685477.5807/1, 0.0001/1}'::steering.cost_result[]) AS p $$, '22003', 'sum of steering.cost_result out of range');

-- Documentation
SELECT is_empty($$
	SELECT signature::text FROM pair_function WHERE obj_description(oid, 'pg_proc') IS NULL
	UNION ALL SELECT oid::regoperator::text FROM pg_operator WHERE 'steering.cost_result'::regtype IN (oprleft, oprright) AND obj_description(oid, 'pg_operator') IS NULL
	UNION ALL SELECT opcname::text FROM pg_opclass WHERE opcintype = 'steering.cost_result'::regtype AND obj_description(oid, 'pg_opclass') IS NULL
	UNION ALL SELECT 'cast ' || oid FROM pg_cast WHERE 'steering.cost_result'::regtype IN (castsource, casttarget) AND obj_description(oid, 'pg_cast') IS NULL
	UNION ALL SELECT 'type' WHERE obj_description('steering.cost_result'::regtype, 'pg_type') IS NULL $$,
	'every object has a comment');

SELECT * FROM finish();
ROLLBACK;
