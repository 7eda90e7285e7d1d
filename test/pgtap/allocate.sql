-- The contract of allocate(), allocate_agg(), allocated() and simulate_risk(); of period_range() and the registers' numbers.
BEGIN;
SELECT no_plan();

CREATE TEMPORARY TABLE promised (name text, arguments text, result text, kind "char", volatility "char", parallel "char", for_public boolean);
INSERT INTO promised VALUES
	('allocate', 'amount numeric, weights numeric[], unit numeric DEFAULT 0.01, all_zero text DEFAULT ''error''::text', 'numeric[]', 'f', 'i', 's', true),
	('allocate_agg', 'amount numeric, weight numeric', 'numeric[]', 'a', 'i', 's', true),
	('allocate_agg', 'amount numeric, weight numeric, unit numeric, all_zero text', 'numeric[]', 'a', 'i', 's', true),
	('allocated', 'amount numeric, weight numeric, unit numeric DEFAULT 0.01, all_zero text DEFAULT ''error''::text', 'numeric', 'w', 'i', 's', true),
	('simulate_risk',
	 'probability double precision[], low numeric[], likely numeric[], high numeric[], certainty double precision, draws integer DEFAULT 100000, seed bigint DEFAULT 1, available numeric DEFAULT NULL::numeric, OUT required numeric, OUT mean numeric, OUT median numeric, OUT highest numeric, OUT covered numeric',
	 'record', 'f', 'i', 's', true),
	('period_range', 'period text', 'daterange', 'f', 'i', 's', true),
	('service_number', 'code text', 'integer', 'f', 's', 's', true),
	('participant_number', 'code text', 'integer', 'f', 's', 's', false),
	('refuse_used', '', 'trigger', 'f', 'v', 'u', false);

SELECT set_eq(
	$$ SELECT proname::text, pg_get_function_arguments(oid), pg_get_function_result(oid), prokind, provolatile, proparallel, has_function_privilege('public', oid, 'EXECUTE')
		FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname IN (SELECT name FROM promised) $$,
	'TABLE promised', 'functions take, return, are and are for whom they promise');
SELECT is_empty($$ SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname IN (SELECT name FROM promised) AND proisstrict $$,
	'none skips nulls: each says what they mean');
SELECT is_empty($$ SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'steering'::regnamespace
		AND proname LIKE ANY ('{allocate%,simulate_risk,period_range,%_number,refuse_used}') AND obj_description(oid, 'pg_proc') IS NULL $$, 'every function has a comment');
SELECT alike(obj_description('steering.allocate(numeric, numeric[], numeric, text)'::regprocedure, 'pg_proc'), '%largest remainder method (Hamilton%', 'the method is named');
SELECT alike(obj_description('steering.simulate_risk(double precision[], numeric[], numeric[], numeric[], double precision, integer, bigint, numeric)'::regprocedure, 'pg_proc'),
	'%triangular distribution%Stein%', 'and that of the simulation');

-- Results
SELECT is(steering.allocate(100, '{1,1,1}'), '{33.34,33.33,33.33}', 'an amount is divided to the cent');
SELECT is(steering.allocate(5, '{0,0}', 1, 'unallocated'), '{0,0}', 'and stays where it is when nobody has weight, if asked to');
SELECT is(array_agg(share ORDER BY i), '{-0.05,-0.05,-0.04}', 'the share of a row')
	FROM (SELECT i, steering.allocated(-0.14, 1) OVER (ORDER BY i) AS share FROM generate_series(1, 3) AS i) AS v;
SELECT is(required, 250000.0000, 'what is certain is required') FROM steering.simulate_risk('{1}', '{250000}', '{250000}', '{250000}', 0.9);
SELECT is(required, 289.0718, 'a seed has one answer, near the 300 of the distribution') FROM steering.simulate_risk('{0.5}', '{0}', '{100}', '{500}', 0.9, 1000, 42);
SELECT is(steering.period_range('2026-Q1'), '[2026-01-01,2026-04-01)', 'a quarter has three months');

-- Errors
SELECT throws_ok($$ SELECT steering.allocate(5, NULL) $$, '22004', 'weights must not be null');
SELECT throws_ok($$ SELECT steering.allocate(5, '{1,NULL}') $$, '22004', 'weight must not be null');
SELECT throws_ok($$ SELECT steering.allocate(5, '{1,-1}') $$, '22023', 'weight must not be negative or infinite: -1');
SELECT throws_ok($$ SELECT steering.allocate(5, '{0,0}') $$, '22023', 'weights must not all be zero');
SELECT throws_ok($$ SELECT steering.allocate(5, '{1}', 0) $$, '22023', 'unit must be greater than zero: 0');
SELECT throws_ok($$ SELECT steering.allocate_agg(w, w) FROM unnest('{1,2}'::numeric[]) AS w $$, '22023', 'amount must be the same in all rows that it is divided among');
SELECT throws_ok($$ SELECT steering.simulate_risk('{2}', '{1}', '{1}', '{1}', 0.9) $$, '22023', 'probability must be from 0 to 1: 2');
SELECT throws_ok($$ SELECT steering.simulate_risk('{1}', '{2}', '{1}', '{1}', 0.9) $$, '22023', 'low, likely and high must be in this order: 2.00, 1.00, 1.00');
SELECT throws_ok($$ SELECT steering.simulate_risk('{1}', '{1}', '{1}', '{1}', 90) $$, '22023', 'certainty must be between 0 and 1: 90');
SELECT throws_ok($$ SELECT steering.simulate_risk('{1,1}', '{0,0}', '{0,0}', '{922337203685477.5807,1}', 0.9) $$, '22003',
	'the amounts of the risks add up to more than a steering.amount');
SELECT throws_ok($$ SELECT steering.period_range('soon') $$, '22P02', 'invalid period: "soon"');
SELECT throws_ok($$ SELECT steering.period_range('[2026-01-15,2026-02-01)') $$, '22023', 'period must be made of whole months: "[2026-01-15,2026-02-01)"');
SELECT throws_ok($$ SELECT steering.period_range(NULL) $$, '22004', 'period must not be null');
SELECT throws_ok($$ SELECT steering.service_number('nothing') $$, '22023', 'service "nothing" is unknown');
SELECT throws_ok($$ SELECT steering.participant_number(NULL) $$, '22004', 'participant must not be null');

SELECT * FROM finish();
ROLLBACK;
