--
-- How the cost of services behaves, and what is stranded of a cost that falls away.
--
\set SHOW_CONTEXT never
INSERT INTO steering.participant (code, name) VALUES ('cb.town', 'Town');
INSERT INTO steering.service (code, parent, name) VALUES ('cb', NULL, 'Support'), ('cb.ict', 'cb', 'ICT'), ('cb.desk', 'cb.ict', 'Desk'), ('cb.hr', 'cb', 'HR');
SELECT steering.set_cost_behaviour('cb', '[2026-01-01,2031-01-01)', 1, 60) > 0 AS support;
SELECT steering.set_cost_behaviour('cb.ict', '2026', 0.6, 18) AS ict \gset
SELECT steering.set_cost_behaviour('cb.ict', '2026', 0.65, 18) = :ict AS replaced;
SELECT steering.set_cost_behaviour('cb.hr', '(,)', 0, 0) > 0 AS variable;
SELECT * FROM steering.cost_behaviour_status WHERE service LIKE 'cb%' ORDER BY service;
-- The nearest above; no service is above what nothing was said of.
SELECT service, day, behaviour.* FROM (VALUES ('cb.desk', date '2026-06-01'), ('cb.desk', '2027-01-01'), ('cb.desk', '2031-01-01'), ('cb.hr', '1990-01-01')) AS asked (service, day)
CROSS JOIN LATERAL steering.cost_behaviour_on(service, day) AS behaviour;

-- Fixed cost of 10,000,000 by inhabitants: who leaves has a share of 476,831.2971, absorbed in five years.
SELECT step, valid_from, valid_to, trim_scale(amount) AS amount, trim_scale(fixed) AS fixed, stranded, round(stranded, 2) AS in_cents, avoided
FROM steering.stranded_cost('cb', 476831.2971, '2026-01-01', absorption => 'yearly');
SELECT step, stranded, avoided FROM steering.stranded_cost('cb', 476831.2971, '2026-01-01');
SELECT step, stranded, avoided FROM steering.stranded_cost('cb', 476831.2971, '2026-01-01', absorption => 'at_end');
-- A year of which a part is fixed, and no whole number of years.
SELECT step, valid_from, valid_to, amount, fixed, stranded, avoided FROM steering.stranded_cost('cb.ict', 100, '2026-07-01');
SELECT step, valid_from, valid_to, amount, fixed, stranded, avoided FROM steering.stranded_cost('cb.ict', 100, '2026-07-01', 'month');
SELECT * FROM steering.stranded_cost('cb.hr', 100, '2026-07-01');
SELECT * FROM steering.stranded_cost('cb.ict', 0, '2026-07-01');

-- Each figure is that of plain SQL over months, and months add up to years, to the last unit.
WITH asked AS (
	SELECT service, share, months, amount, absorption, per
	FROM (VALUES ('cb', 1, 60), ('cb.ict', 0.65, 18), ('cb.hr', 0, 0)) AS behaviour (service, share, months)
	CROSS JOIN unnest(ARRAY[0, 0.0001, 1, 99.9999, 476831.2971, 123456789012.3457]) AS amount
	CROSS JOIN unnest(ARRAY['monthly', 'yearly', 'at_end']) AS absorption
	CROSS JOIN (VALUES ('month', 1), ('year', 12)) AS step (per, length)
), plain AS (
	SELECT asked.*, month, round(amount * share * (SELECT sum(CASE absorption WHEN 'monthly' THEN months - m WHEN 'yearly' THEN greatest(months - 12 * ceil(m / 12.0), 0) ELSE months END)
		FROM generate_series(1, least(month, months)) AS m) / (12 * nullif(months, 0)), 4) AS stranded, round(amount * month / 12, 4) AS amount_through
	FROM asked CROSS JOIN generate_series(1, 60) AS month
), ours AS (
	SELECT asked.*, extract(year FROM age(valid_to + 1, date '2026-07-01')) * 12 + extract(month FROM age(valid_to + 1, date '2026-07-01')) AS month,
		sum(line.stranded) OVER in_order AS stranded, sum(line.amount) OVER in_order AS amount_through, sum(line.avoided) OVER in_order AS avoided
	FROM asked CROSS JOIN LATERAL steering.stranded_cost(service, amount, '2026-07-01', per, absorption) AS line
	WINDOW in_order AS (PARTITION BY service, asked.amount, absorption, per ORDER BY line.step)
)
SELECT count(*) AS compared, count(*) FILTER (WHERE ours.stranded <> coalesce(plain.stranded, 0) OR ours.amount_through <> plain.amount_through
	OR ours.stranded + ours.avoided <> ours.amount_through) AS different
FROM ours JOIN plain USING (service, amount, absorption, per, month);

-- Refused
SELECT steering.set_cost_behaviour('cb.ict', '[2026-06-01,2027-06-01)', 0.5, 12);
SELECT steering.set_cost_behaviour('cb.nowhere', '2026', 0.5, 12);
SELECT steering.set_cost_behaviour(NULL, '2026', 0.5, 12);
SELECT steering.set_cost_behaviour('cb.ict', NULL, 0.5, 12);
SELECT steering.set_cost_behaviour('cb.ict', 'empty', 0.5, 12);
SELECT steering.set_cost_behaviour('cb.ict', '2027', NULL, 12);
SELECT steering.set_cost_behaviour('cb.ict', '2027', 0.5, NULL);
SELECT steering.set_cost_behaviour('cb.ict', '2027', 1.01, 12);
SELECT steering.set_cost_behaviour('cb.ict', '2027', -0.01, 12);
SELECT steering.set_cost_behaviour('cb.ict', '2027', 'NaN', 12);
SELECT steering.set_cost_behaviour('cb.ict', '2027', 'Infinity', 12);
SELECT steering.set_cost_behaviour('cb.ict', '2027', 0.5, -1);
SELECT steering.set_cost_behaviour('cb.ict', '2027', 0.5, 1201);
SELECT steering.set_cost_behaviour('cb.ict', '[2027-01-01,infinity)', 0.5, 12);
SELECT steering.drop_cost_behaviour('cb.ict', NULL);
SELECT steering.stranded_through(100, 0.5, 2147483647, 12) > 0 AS stranded;
SELECT steering.drop_cost_behaviour('cb.ict', '2027');
SELECT steering.drop_cost_behaviour('cb.nowhere', '2027');
SELECT * FROM steering.stranded_cost('cb.nowhere', 1, '2026-01-01');
SELECT * FROM steering.stranded_cost('cb.ict', 1, '2031-01-01');
SELECT * FROM steering.stranded_cost('cb.ict', 1, '2026-01-02');
SELECT * FROM steering.stranded_cost('cb.ict', 1, 'infinity');
SELECT * FROM steering.stranded_cost('cb.ict', 1, NULL);
SELECT * FROM steering.stranded_cost('cb.ict', -1, '2026-01-01');
SELECT * FROM steering.stranded_cost('cb.ict', 'NaN', '2026-01-01');
SELECT * FROM steering.stranded_cost('cb.ict', 1e30, '2026-01-01');
SELECT * FROM steering.stranded_cost('cb.ict', 0.00001, '2026-01-01');
SELECT * FROM steering.stranded_cost('cb.ict', 1, '2026-01-01', 'quarter');
SELECT * FROM steering.stranded_cost('cb.ict', 1, '5874897-12-01');
SELECT * FROM steering.stranded_cost('cb.ict', 1, '4713-01-01 BC');
SELECT * FROM steering.stranded_cost('cb.ict', 1, '2026-01-01', absorption => 'never');
DELETE FROM steering.service WHERE code = 'cb.hr';

-- Who may
SET client_min_messages = warning;
CREATE ROLE regress_one;
RESET client_min_messages;
GRANT EXECUTE ON FUNCTION steering.set_cost_behaviour, steering.drop_cost_behaviour TO regress_one;
SELECT steering.set_rule(ARRAY['set_cost_behaviour', 'drop_cost_behaviour'], 'mandate') AS rule \gset
SELECT steering.set_mandate('regress_one', ARRAY['set_cost_behaviour'], 'cb.ict', NULL, '(,)', 'infinity') AS mandate \gset
SET SESSION AUTHORIZATION regress_one;
SELECT count(*) FROM steering.cost_behaviour_status;
SELECT steering.set_cost_behaviour('cb.desk', '2028', 0.5, 12) > 0 AS within_mandate;
\set VERBOSITY sqlstate
SELECT steering.set_cost_behaviour('cb.hr', '(,)', 0.5, 12);
SELECT steering.drop_cost_behaviour('cb.desk', '2028');
SELECT * FROM steering.stranded_cost('cb.ict', 1, '2026-01-01');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
SELECT act, service, participant, amount, arguments FROM steering.decision WHERE act LIKE '%cost_behaviour' ORDER BY id;
SELECT steering.revoke_mandate(:mandate, 'x');
SELECT steering.drop_rule(:rule);
SELECT steering.drop_cost_behaviour('cb.desk', '2028'), steering.drop_cost_behaviour('cb.ict', '2026'), steering.drop_cost_behaviour('cb.hr', '(,)'),
	steering.drop_cost_behaviour('cb', '[2026-01-01,2031-01-01)');
DELETE FROM steering.service WHERE code IN ('cb.desk', 'cb.hr');
DELETE FROM steering.service WHERE code = 'cb.ict';
DELETE FROM steering.service WHERE code = 'cb';
DELETE FROM steering.participant WHERE code = 'cb.town';
DROP OWNED BY regress_one;
DROP ROLE regress_one;
