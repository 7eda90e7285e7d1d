--
-- Where a function asks for a range of days, it takes a fiscal period as well: the type steering.day_range.
--
CREATE SCHEMA day_range_test;
SET search_path = day_range_test;
SET datestyle = ISO;
INSERT INTO steering.participant (code, name) VALUES ('days.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('days.ict', 'ICT'), ('days.tree', 'Trees');
SELECT steering.set_allocation_key('days.key', 'Key', 'fixed') > 0 AS key;

-- No function that sets or drops something asks for a daterange any more.
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND 'daterange'::regtype = ANY (proargtypes::oid[]) AND proname ~ '^(set|drop)_';

-- All ways to write the same days find the same thing.
SELECT steering.set_cap('days.ict', 'days.town', 'budget', '2026', 1) AS cap \gset
SELECT how, cap = :cap AS same FROM (
	SELECT 'range' AS how, steering.set_cap('days.ict', 'days.town', 'budget', '[2026-01-01,2027-01-01)', 2) AS cap
	UNION ALL SELECT 'both included', steering.set_cap('days.ict', 'days.town', 'budget', '[2026-01-01,2026-12-31]', 3)
	UNION ALL SELECT 'daterange', steering.set_cap('days.ict', 'days.town', 'budget', daterange('2026-01-01', '2027-01-01'), 4)
	UNION ALL SELECT 'fiscal_period', steering.set_cap('days.ict', 'days.town', 'budget', steering.fiscal_period(date '2026-05-06', 'year'), 5)
	UNION ALL SELECT 'text', steering.set_cap('days.ict', 'days.town', 'budget', '20' || '26', 6)
	UNION ALL SELECT 'varchar', steering.set_cap('days.ict', 'days.town', 'budget', varchar ' 2026 ', 7)
	UNION ALL SELECT 'by name', steering.set_cap(amount => 8, during => '2026', metric => 'budget', participant => 'days.town', service => 'days.ict')) AS way;
PREPARE untyped AS SELECT steering.set_cap('days.ict', 'days.town', 'budget', $1, $2) = :cap AS same;
PREPARE ranged (daterange) AS SELECT steering.set_cap('days.ict', 'days.town', 'budget', $1, 10) = :cap AS same;
PREPARE written (text) AS SELECT steering.set_cap('days.ict', 'days.town', 'budget', $1, 11) = :cap AS same;
EXECUTE untyped('2026', 9);
EXECUTE untyped('[2026-01-01,2027-01-01)', 9);
EXECUTE ranged('[2026-01-01,2027-01-01)');
EXECUTE written('2026');
SELECT valid_from, valid_to, amount FROM steering.cap_status WHERE cap_id = :cap;
SELECT steering.set_cap('days.ict', 'days.town', 'budget', period, 100) > 0 AS cap FROM unnest(ARRAY['2026-Q1', '2026-q4', '2026-03', '[2026-01-15,2026-03-02)']) AS period;
SELECT valid_from, valid_to FROM steering.cap_status WHERE service = 'days.ict' ORDER BY 1, 2;

-- Each of the functions, set by one way of writing and dropped by another.
SELECT steering.set_agreement('days.ict', 'days.town', '2026-Q2', 'lump_sum', base => 12) = steering.set_agreement('days.ict', 'days.town', '[2026-04-01,2026-07-01)', 'lump_sum', base => 13) AS same;
SELECT steering.set_key_weight('days.key', 1, '2026', 'days.town'), steering.set_key_weight('days.key', 2, '[2027-01-01,2028-01-01)', 'days.town');
SELECT steering.drop_key_weight('days.key', '[2026-01-01,2027-01-01)', 'days.town'), steering.drop_key_weight('days.key', '2027', 'days.town');
SELECT steering.set_allocation_rule('days.tree', 'days.key', '2026-03', 1) > 0 AS rule;
SELECT steering.drop_allocation_rule('days.tree', '2026-03');
SELECT steering.set_result_share('days.key', 50, '1999');
SELECT steering.drop_result_share('[1999-01-01,2000-01-01)');
SELECT steering.set_risk('days.flood', 'Flood', 0.1, 1, 2, 3) > 0 AS always;
SELECT during FROM steering.risk WHERE code = 'days.flood';
SELECT steering.set_risk('days.flood', 'Flood', 0.1, 1, 2, 3, '2026') > 0 AS a_year;
SELECT during FROM steering.risk WHERE code = 'days.flood';
SELECT steering.drop_risk('days.flood');

-- A column of a register is a daterange; what is a day_range or a fiscal_period can be put into it.
UPDATE steering.participant SET during = steering.day_range '2026' WHERE code = 'days.town' RETURNING during;
UPDATE steering.participant SET during = steering.fiscal_period '2026-Q1' WHERE code = 'days.town' RETURNING during;
UPDATE steering.participant SET during = '(,)' WHERE code = 'days.town';

-- A value is the range; out and in again, in text and in binary, it is the same.
SELECT period, period::steering.day_range, period::steering.day_range::daterange * '[2026-02-01,2026-12-01)' AS part, period::steering.day_range::text::steering.day_range::daterange = period::steering.day_range::daterange AS same
FROM unnest(ARRAY['2026', '2026-Q3', '0001', '9999', '[2026-01-05,2026-01-07]', '(,)', '[2026-01-01,)', 'empty']) AS period;
SELECT steering.daterange('2026') AS still_of_a_period;
CREATE TEMP TABLE stored (days steering.day_range);
INSERT INTO stored VALUES ('2026'), (daterange('2026-03-04', NULL)), (NULL), ('empty');
COPY (SELECT * FROM stored) TO STDOUT;
SELECT encode(steering.day_range_send('2026'), 'hex') = encode(range_send(daterange('2026-01-01', '2027-01-01')), 'hex') AS sent_as_daterange;

-- Whatever the DateStyle, a period means the same.
SET datestyle = 'German, DMY';
SELECT '2026-Q1'::steering.day_range;
SELECT '[01.02.2026,01.03.2026)'::steering.day_range;
SET datestyle = ISO;

-- What is none of these says what would be.
\set VERBOSITY default
SELECT steering.set_cap('days.ict', 'days.town', 'budget', 'next year', 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', '2026-13', 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', '2026-Q5', 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', '0000', 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', '2026-03-01', 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', '', 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', '[2026-01-01', 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', '[2027-01-01,2026-01-01)', 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', NULL, 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', NULL::daterange, 1);
SELECT steering.set_cap('days.ict', 'days.town', 'budget', date '2026-03-01', 1);
\set VERBOSITY terse

-- Named without arguments, a function can be granted: there is one of each name.
CREATE ROLE regress_sp71_setter;
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.set_agreement, steering.set_key_weight, steering.drop_key_weight, steering.set_allocation_rule,
	steering.drop_allocation_rule, steering.set_result_share, steering.drop_result_share, steering.set_risk TO regress_sp71_setter;
REVOKE EXECUTE ON FUNCTION steering.set_cap, steering.set_agreement, steering.set_key_weight, steering.drop_key_weight, steering.set_allocation_rule,
	steering.drop_allocation_rule, steering.set_result_share, steering.drop_result_share, steering.set_risk FROM regress_sp71_setter;
DROP ROLE regress_sp71_setter;

SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service = 'days.ict';
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service = 'days.ict';
SELECT steering.drop_allocation_key('days.key');
DELETE FROM steering.participant WHERE code LIKE 'days.%';
DELETE FROM steering.service WHERE code LIKE 'days.%';
DROP SCHEMA day_range_test;
