--
-- Arrangements: who works together in which form, and when; several beside each other. What is reported of one adds up with the others.
--
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET datestyle = ISO;
SET client_min_messages = error;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('ar', NULL, 'Region', NULL),
	('ar.a', 'ar', 'City', 127089), ('ar.b', 'ar', 'Town', 27657), ('ar.c', 'ar', 'Village', 9000), ('ar.z', NULL, 'Neighbour', 21000);
INSERT INTO steering.service (code, name, unit) VALUES ('ar.ict', 'ICT', NULL), ('ar.desk', 'Desk', 'workplace');
CREATE TABLE ar_line (service text, participant text, day date, amount numeric, pieces numeric);
SELECT steering.attach('ar_line', 'service', 'participant', 'day', 'amount', 'pieces') > 0 AS attached;
RESET client_min_messages;

-- A joint body, and beside it a contract with a neighbour.
SELECT steering.set_arrangement('ar.body', 'Joint body', 'joint body', '[2011-05-01,2023-01-01)') > 0 AS made;
SELECT steering.set_arrangement('ar.serves', 'Serves the neighbour', 'contract', '[2020-01-01,)', host => 'ar.a') > 0 AS made;
SELECT count(*) FROM unnest('{ar.a,ar.b,ar.c}'::text[]) AS code, LATERAL steering.set_arrangement_member('ar.body', code, 'member', '[2011-05-01,2023-01-01)');
SELECT steering.set_arrangement_member('ar.serves', 'ar.z', 'customer', '[2020-01-01,2022-07-01)');
SELECT arrangement, form, host, participant, role, valid_from, valid_to FROM steering.arrangement_part ORDER BY 1, 4;
-- The same again is nothing new; another role is.
SELECT steering.set_arrangement_member('ar.body', 'ar.c', 'customer', '[2011-05-01,2023-01-01)');
SELECT role FROM steering.arrangement_part WHERE participant = 'ar.c';
SELECT steering.set_arrangement_member('ar.body', 'ar.c', 'member', '[2011-05-01,2023-01-01)');

-- What cannot be.
SELECT steering.set_arrangement('ar.x', 'X', 'club', '2024');
SELECT steering.set_arrangement('ar.x', 'X', 'host', '2024');
SELECT steering.set_arrangement('ar.x', 'X', 'joint body', '2024', host => 'ar.a');
SELECT steering.set_arrangement('ar.x', 'X', 'host', '2024', host => 'ar.nobody');
SELECT steering.set_arrangement('ar.x', 'X', 'cooperative', 'empty');
SELECT steering.set_arrangement('ar.x', 'X', 'cooperative', '[2024-01-15,)');
SELECT steering.set_arrangement(NULL, 'X', 'cooperative', '2024');
SELECT steering.set_arrangement('', 'X', 'cooperative', '2024');
SELECT steering.set_arrangement('ar.body', 'Joint body', 'joint body', '[2012-01-01,2023-01-01)');
SELECT steering.set_arrangement('ar.body', 'Joint body', 'host', '[2011-05-01,2023-01-01)', host => 'ar.a');
SELECT steering.set_arrangement_member('ar.nothing', 'ar.a', 'member', '2022');
SELECT steering.set_arrangement_member(NULL, 'ar.a', 'member', '2022');
SELECT steering.set_arrangement_member('ar.body', 'ar.nobody', 'member', '2022');
SELECT steering.set_arrangement_member('ar.body', 'ar.z', 'boss', '2022');
SELECT steering.set_arrangement_member('ar.body', 'ar.z', NULL, '2022');
SELECT steering.set_arrangement_member('ar.body', 'ar.z', 'member', NULL);
SELECT steering.set_arrangement_member('ar.body', 'ar.z', 'member', 'empty');
SELECT steering.set_arrangement_member('ar.body', 'ar.z', 'member', '[2022-01-01,infinity)');
SELECT steering.drop_arrangement_member('ar.body', 'ar.a', NULL);
SELECT steering.set_arrangement('ar.x', ' ', 'contract', '2022');
SELECT steering.set_arrangement('ar.x', NULL, 'contract', '2022');
SELECT steering.set_arrangement('ar.x', 'X', NULL, '2022');
SELECT steering.set_arrangement('ar.x', 'X', 'contract', NULL);
SELECT steering.set_arrangement(' ', 'X', 'contract', '2022');
SELECT steering.set_arrangement_member('ar.body', 'ar.z', 'partner', '2022');
SELECT steering.set_arrangement_member('ar.serves', 'ar.b', 'host', '2022');
SELECT steering.set_arrangement_member('ar.serves', 'ar.a', 'member', '2022');
SELECT steering.set_arrangement_member('ar.body', 'ar.z', 'member', '[2022-07-01,2023-07-01)');
SELECT steering.set_arrangement_member('ar.body', 'ar.z', 'member', '[2022-07-02,2022-08-01)');
SELECT steering.set_arrangement_member('ar.body', 'ar.a', 'member', '2022');
SELECT steering.drop_arrangement_member('ar.body', 'ar.a', '2022');
SELECT steering.drop_arrangement('ar.body');
SELECT steering.drop_arrangement('ar.nothing');
DELETE FROM steering.participant WHERE code = 'ar.z';
SELECT steering.set_arrangement('ar.x', 'X', 'cooperative', '2024') > 0 AS made;
SELECT steering.drop_arrangement('ar.x');

-- Each is asked for by itself. The neighbour has a price, the body shares by inhabitants; what is booked on the town stands in the middle.
SELECT steering.set_allocation_key('ar.people', 'Inhabitants', 'fixed') > 0 AS key;
SELECT steering.set_key_weight('ar.people', inhabitants, '2022', participant => code) FROM steering.participant WHERE parent = 'ar' ORDER BY code;
SELECT count(steering.set_agreement('ar.ict', code, '[2022-01-01,2023-01-01)', 'key_share', allocation_key => 'ar.people')) FROM unnest('{ar.a,ar.b,ar.c}'::text[]) AS code;
SELECT steering.set_agreement('ar.desk', 'ar.z', '[2022-01-01,2023-01-01)', 'price_volume', price => 80, volume => 240) > 0 AS made,
	steering.set_agreement('ar.desk', 'ar.b', '[2022-01-01,2023-01-01)', 'lump_sum', base => 12000) > 0 AS made;
INSERT INTO ar_line VALUES ('ar.ict', 'ar', '2022-03-01', 300000, 0), ('ar.ict', 'ar.b', '2022-08-01', 700.50, 0),
	('ar.desk', 'ar.b', '2022-02-01', 13000, 150), ('ar.desk', 'ar.z', '2022-02-01', 9000, 120), ('ar.desk', 'ar.z', '2022-09-01', 10000, 130),
	('ar.desk', 'ar.c', '2022-02-01', 55.55, 1);
SELECT participant, service, line, quantity, amount, valid_from, valid_to FROM steering.arrangement_settlement('ar.body', '2022');
SELECT participant, service, line, quantity, amount, valid_from, valid_to FROM steering.arrangement_settlement('ar.serves', '2022');
-- those of the body are those of its members
SELECT * FROM (SELECT participant, service, agreement_id, line, quantity, price, amount FROM steering.arrangement_settlement('ar.body', '2022')) AS own
EXCEPT SELECT participant, service, agreement_id, line, quantity, price, amount FROM steering.settle('2022') WHERE participant IN ('ar.a', 'ar.b', 'ar.c');
SELECT valid_from, valid_to, service, participant, actual, volume, agreed_cost FROM steering.arrangement_report('ar.serves', '2022');
SELECT service, participant, actual FROM steering.arrangement_report('ar.body', '2022');
SELECT steering.book_reserve('2022-01-01', 5000, 'Result of 2021') AS body_reserve, steering.book_reserve('2022-01-01', 700, 'Result of 2021, neighbour') AS serves_reserve \gset
SELECT steering.assign_reserve(:body_reserve, 'ar.body'), steering.assign_reserve(:serves_reserve, 'ar.serves');
SELECT steering.assign_reserve(0, 'ar.body');
SELECT steering.assign_reserve(:body_reserve, NULL);
SELECT 'ar.body' AS arrangement, * FROM steering.arrangement_health('ar.body', '2022')
UNION ALL SELECT 'ar.serves', * FROM steering.arrangement_health('ar.serves', '2022');
-- by plain SQL: what is shared by inhabitants and the agreements' own cost
SELECT round((300000 + 700.50) + 12000, 2) AS revenue, (300000 + 700.50) + 13000 AS cost, 80 * 120 AS neighbour_owes, 9000 AS neighbour_costs;
-- all arrangements, what is of none, and the neighbour's second half are the whole
SELECT steering.set_arrangement_member('ar.serves', 'ar.z', 'customer', '[2022-07-01,2023-01-01)');
SELECT sum(health.revenue) - (SELECT revenue FROM steering.supplier_health('2022', 'year') WHERE is_total) AS revenue,
	sum(health.cost) + (SELECT sum(total) FROM steering.settlement_proof('2022') WHERE item IN ('other_cost', 'unowed_cost'))
		- (SELECT cost FROM steering.supplier_health('2022', 'year') WHERE is_total) AS cost
FROM unnest('{ar.body,ar.serves}'::text[]) AS code CROSS JOIN LATERAL steering.arrangement_health(code, '2022') AS health;
-- a group that takes part, and one of it besides, counts once
SELECT steering.set_arrangement('ar.circle', 'Circle', 'cooperative', '[2022-01-01,)') > 0 AS made;
SELECT steering.set_arrangement_member('ar.circle', 'ar', 'member', '[2022-01-01,)'), steering.set_arrangement_member('ar.circle', 'ar.b', 'member', '[2022-04-01,2022-07-01)');
SELECT participants, revenue, cost FROM steering.arrangement_health('ar.circle', '2022');
SELECT * FROM steering.arrangement_health('ar.nothing', '2022');
SELECT * FROM steering.arrangement_settlement(NULL, '2022');
-- a closed period is as it was billed, and a part of one is no period
SELECT steering.close_period('2022') > 0 AS closed;
SELECT steering.set_key_weight('ar.people', 1, '2022', participant => 'ar.a');
SELECT participants, revenue, cost FROM steering.arrangement_health('ar.body', '2022');
SELECT revenue FROM steering.arrangement_health('ar.body', '2022-Q1');
SELECT steering.reopen_period('2022', 'the test goes on') > 0 AS reopened;

-- Who reads one participant sees that, and no more.
CREATE ROLE regress_sp71_ar_town;
UPDATE steering.participant SET reader = 'regress_sp71_ar_town' WHERE code = 'ar.b';
SET ROLE regress_sp71_ar_town;
SELECT arrangement, participant, member, role FROM steering.arrangement_part ORDER BY 1, 2, 3;
SELECT * FROM steering.arrangement_health('ar.body', '2022');
RESET ROLE;

-- Acts: asked about, and recorded.
SELECT steering.set_rule(ARRAY['set_arrangement', 'drop_arrangement', 'set_arrangement_member', 'drop_arrangement_member', 'assign_reserve'], 'mandate') AS rule \gset
SELECT steering.set_arrangement('ar.y', 'Y', 'contract', '2024') > 0 AS made;
SELECT steering.set_arrangement_member('ar.y', 'ar.z', 'customer', '2024'), steering.set_arrangement_member('ar.y', 'ar.z', 'customer', '2024');
SELECT steering.assign_reserve(:serves_reserve, 'ar.y');
SELECT steering.assign_reserve(:serves_reserve, 'ar.serves');
SELECT steering.drop_arrangement_member('ar.y', 'ar.z', '2024');
SELECT steering.drop_arrangement('ar.y');
SELECT steering.drop_rule(:rule);
SELECT act, service, participant, amount, arguments - 'movement' AS arguments FROM steering.decision
WHERE act ~ 'arrangement|assign' ORDER BY id;
SET client_min_messages = error;
UPDATE steering.participant SET reader = NULL WHERE code = 'ar.b';
DROP ROLE regress_sp71_ar_town;
