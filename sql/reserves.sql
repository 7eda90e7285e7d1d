-- Reserves of a real municipality (Leiden, in thousands of euro): a history of movements adds up to the last unit, a result is the
-- balance with what was added to reserves and taken from them, and what is added above the decision of the council is told.
\set VERBOSITY terse
INSERT INTO steering.participant (code, name) VALUES ('rv', 'Leiden');
INSERT INTO steering.service (code, parent, name) VALUES ('rv', NULL, 'Result'), ('rv.balance', 'rv', 'Balance of costs and income'),
	('rv.added', 'rv', 'Added to reserves'), ('rv.taken', 'rv', 'Taken from reserves'), ('rv.reserves', NULL, 'Reserves'), ('rv.buffer', 'rv.reserves', 'Buffer');

-- AC-33: movements of 2017 to 2020. The printed totals, 34,689 and 228,756, are of rounded figures, and each is one off.
SELECT steering.set_cap('rv.buffer', 'rv', 'budget', '2999', 34066) AS buffer, steering.set_cap('rv.reserves', 'rv', 'budget', '2999', 280027) AS total \gset
SELECT count(steering.amend('2999', number, 'reserve', jsonb_build_array(
	jsonb_build_object('cap', :buffer, 'mutation', buffer, 'new_amount', buffer_then),
	jsonb_build_object('cap', :total, 'mutation', total, 'new_amount', total_then)), 'accounts')) AS years
FROM (VALUES ('2017', -6126, 27940, -27432, 252595), ('2018', 5346, 33286, -12186, 240409), ('2019', 384, 33670, -5369, 235040), ('2020', 1020, 34690, -6285, 228755))
	AS movement (number, buffer, buffer_then, total, total_then);
SELECT service, primitive, amendments, amended, amended - printed AS rounding
FROM steering.budget_status JOIN (VALUES (:buffer, 34689), (:total, 228756)) AS page (cap_id, printed) USING (cap_id) ORDER BY service;
SELECT service, number, mutation, amount FROM steering.budget_history WHERE cap_id IN (:buffer, :total) ORDER BY service, event_id;

-- AC-34: balance, added and taken are the result. Negative is an advantage.
CREATE TABLE reserve_entry (service text, day date, amount numeric);
SELECT steering.attach('reserve_entry', 'service', $$'rv'$$, 'day', 'amount') > 0 AS attached;
SELECT count(steering.set_cap('rv', 'rv', 'budget', year, 0, '100% warn')) AS results FROM unnest('{2017,2019,2021,2023}'::text[]) AS year;
INSERT INTO reserve_entry SELECT 'rv.' || service, make_date(year, 12, 31), amount
FROM (VALUES (2017, 33853, 62073, -100636), (2019, 19071, 70705, -96753), (2021, -3533, 91729, -101918), (2023, 644209 - 651354, 75533, -88308)) AS accounts (year, balance, added, taken),
	LATERAL (VALUES ('balance', balance), ('added', added), ('taken', taken)) AS entry (service, amount);
SELECT extract(year FROM valid_from) AS year, used AS result FROM steering.cap_status WHERE service = 'rv' AND participant = 'rv' ORDER BY 1;

-- AC-35: authorised 70,293, booked 70,705: 412 too much.
DELETE FROM reserve_entry WHERE service = 'rv.added' AND day = '2019-12-31';
SELECT steering.set_cap('rv.added', 'rv', 'budget', '2019', 70293) > 0 AS authorised;
SELECT verdict, used, after, after - blocks_at AS too_much FROM steering.check_booking('rv.added', 'rv', '2019-12-31', 70705) WHERE service = 'rv.added';
INSERT INTO reserve_entry VALUES ('rv.added', '2019-12-31', 70705);
INSERT INTO reserve_entry VALUES ('rv.added', '2019-12-31', 70293);
SELECT amount, used, headroom FROM steering.cap_status WHERE service = 'rv.added';
SELECT * FROM steering.verify();
DROP TABLE reserve_entry;
SELECT count(steering.drop_cap(cap_id, 'test')) AS dropped FROM steering.cap_status WHERE participant = 'rv';
DELETE FROM steering.participant WHERE code = 'rv';
DELETE FROM steering.service WHERE code ^@ 'rv';
