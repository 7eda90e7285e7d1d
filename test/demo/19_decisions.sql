\echo
\echo '19. Who may decide'
\echo '------------------'
\echo
\echo 'So far whoever may execute a function could do with it what he liked. From the first rule on that is no longer enough:'
\echo 'an act must be within the mandate of who has logged in, or be proposed and signed. The same wish, more budget for'
\echo 'workplaces in Leiden in 2027, is now carried through under three forms of collaboration. Each is data, not code.'
\echo
CREATE ROLE alderman_leiden;
CREATE ROLE alderman_leiderdorp;
CREATE ROLE alderman_oegstgeest;
CREATE ROLE alderman_zoeterwoude;
CREATE ROLE director;
CREATE ROLE controller;
CREATE ROLE circle_leiderdorp;
GRANT EXECUTE ON FUNCTION steering.propose, steering.sign, steering.set_cap, steering.set_mandate, steering.consent_mandate, steering.set_agreement
  TO alderman_leiden, alderman_leiderdorp, alderman_oegstgeest, alderman_zoeterwoude, director, controller, circle_leiderdorp;
SELECT steering.set_cap('ict', 'GM0546', 'budget', '2027', 3000000) > 0 AS set, steering.set_cap('management', 'GM0546', 'budget', '2027', 400000) > 0 AS set \gset
\echo 'a. A joint body: a board of four aldermen with a vote each. Standard services are decided by vote; a development'
\echo '   service is led by the largest, and its director decides alone, within his mandate:'
\echo
:show
BEGIN;
SELECT steering.set_body('board', 'Board of four aldermen');
SELECT count(steering.set_body_member('board', participant, representative, '(,)')) AS members
FROM (VALUES ('GM0546', 'alderman_leiden'), ('GM0547', 'alderman_leiderdorp'),
             ('GM0579', 'alderman_oegstgeest'), ('GM0638', 'alderman_zoeterwoude')) AS m (participant, representative);
SELECT steering.set_rule(ARRAY['set_cap'], 'vote', service_kind => 'standard', body => 'board') AS standard,
       steering.set_rule(ARRAY['set_cap'], 'mandate', service_kind => 'development') AS development;
COMMIT;
SELECT steering.set_mandate('director', ARRAY['set_cap'], 'management', NULL, '(,)', 250000,
                            document => 'mandate decision 7') AS mandate;
:hide
\echo
\echo 'The director raises the cap of a development service, and tries the same for a standard one:'
\echo
:show
SET SESSION AUTHORIZATION director;
SELECT steering.set_cap('management.project', 'GM0546', 'budget', '2027', 200000) AS cap;
:hide
\echo
\set VERBOSITY verbose
:try
SELECT steering.set_cap('ict', 'GM0546', 'budget', '2027', 3060000);
:tried
\set VERBOSITY default
\set refused_state :sqlstate
\echo
\echo 'Refused as expected. So he proposes it. That tries the act and takes it back; the arguments are stored, and their'
\echo 'hash is what is signed. Whose signature it waits for is a list:'
\echo
:show
SELECT steering.propose('set_cap', '{"service": "ict", "participant": "GM0546", "metric": "budget", "during": "2027", "amount": 3060000}',
                        'more workplaces') AS proposal \gset
RESET SESSION AUTHORIZATION;

SELECT functionary, choice, waiting_participant, act, service, participant, round(amount) AS amount
FROM steering.proposal;
:hide
INSERT INTO demo.expectation VALUES ('a director without a mandate is refused', '23S75', :'refused_state');
\echo
\echo 'Two for and one against do not decide yet; the last vote does, and with it the database does what was proposed:'
\echo
:show
SET SESSION AUTHORIZATION alderman_leiden;
SELECT steering.sign(:proposal, 'for', 'GM0546');
SET SESSION AUTHORIZATION alderman_oegstgeest;
SELECT steering.sign(:proposal, 'against', 'GM0579');
SET SESSION AUTHORIZATION alderman_leiderdorp;
SELECT steering.sign(:proposal, 'for', 'GM0547');
SET SESSION AUTHORIZATION alderman_zoeterwoude;
SELECT steering.sign(:proposal, 'for', 'GM0638');
RESET SESSION AUTHORIZATION;
:hide
INSERT INTO demo.expectation SELECT 'the vote raises the cap', '3060000', trim_scale(amount)
FROM steering.cap_status WHERE service = 'ict' AND participant = 'GM0546' AND valid_from = '2027-01-01' AND metric = 'budget';
\echo
\echo 'b. A host: since 2023 Leiden does the work for its partners. Their councils are heard, and have six weeks; then the'
\echo '   director of Leiden decides. What each partner buys for itself it contracts itself:'
\echo
:show
BEGIN;
SELECT steering.drop_rule(rule_id) FROM steering.rule;
SELECT steering.set_body('partners', 'Partners of Leiden', max_share_percent => 100);
SELECT count(steering.set_body_member('partners', participant, representative, '(,)')) AS partners
FROM (VALUES ('GM0547', 'alderman_leiderdorp'), ('GM0579', 'alderman_oegstgeest'), ('GM0638', 'alderman_zoeterwoude'))
  AS m (participant, representative);
SELECT steering.set_rule(ARRAY['set_cap'], 'host', body => 'partners', views_days => 42) AS host,
       steering.set_rule(ARRAY['set_agreement'], 'mandate') AS contracts;
SELECT steering.set_mandate('director', ARRAY['set_cap'], NULL, NULL, '(,)', 250000) AS director,
       steering.set_mandate('alderman_leiderdorp', ARRAY['set_agreement'], NULL, 'GM0547', '(,)', 'infinity') AS leiderdorp;
COMMIT;

SET SESSION AUTHORIZATION director;
SELECT steering.propose('set_cap', '{"service": "ict", "participant": "GM0546", "metric": "budget", "during": "2027", "amount": 3120000}',
                        'more workplaces') AS proposal \gset
:hide
\echo
:try
SELECT steering.sign(:proposal, 'approve');
:tried
\set early_state :sqlstate
\echo
\echo 'Too early. When all have answered he need not wait for the last day; a view does not bind, and who has none says so:'
\echo
:show
SET SESSION AUTHORIZATION alderman_leiderdorp;
SELECT steering.sign(:proposal, 'view', 'GM0547', 'rather not');
SET SESSION AUTHORIZATION alderman_oegstgeest;
SELECT steering.sign(:proposal, 'abstain', 'GM0579');
SET SESSION AUTHORIZATION alderman_zoeterwoude;
SELECT steering.sign(:proposal, 'view', 'GM0638', 'agreed');
SET SESSION AUTHORIZATION director;
SELECT steering.sign(:proposal, 'approve');
SET SESSION AUTHORIZATION alderman_leiderdorp;
SELECT steering.set_agreement('legal', 'GM0547', '2027', 'lump_sum', base => 150000) AS own_contract;
:hide
\echo
:try
SELECT steering.set_agreement('legal', 'GM0579', '2027', 'lump_sum', base => 150000);
:tried
RESET SESSION AUTHORIZATION;
INSERT INTO demo.expectation VALUES ('the host waits for views', '55000', :'early_state');
INSERT INTO demo.expectation VALUES ('a partner contracts for itself only', '23S75', :'sqlstate');
\echo
\echo 'c. A cooperative with circles: each service has a circle, whose representative holds a mandate of the cooperative and'
\echo '   works for a municipality. So both consent to it first. From 50,000 on a second one signs:'
\echo
:show
BEGIN;
SELECT steering.drop_rule(rule_id) FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', amounts => '[0,50000)') AS small,
       steering.set_rule(ARRAY['set_cap'], 'dual', amounts => '[50000,)') AS large;
SELECT steering.set_mandate('circle_leiderdorp', ARRAY['set_cap'], 'ict', NULL, '(,)', 100000, employer => 'GM0547') AS circle \gset
COMMIT;

SET SESSION AUTHORIZATION circle_leiderdorp;
SELECT steering.propose('set_cap', '{"service": "ict", "participant": "GM0546", "metric": "budget", "during": "2027", "amount": 3180000}',
                        'more workplaces') AS proposal \gset
SELECT steering.consent_mandate(:circle);
SET SESSION AUTHORIZATION alderman_leiderdorp;
SELECT steering.consent_mandate(:circle);
SET SESSION AUTHORIZATION circle_leiderdorp;
SELECT steering.sign(:proposal, 'approve');
:hide
\echo
\echo 'Nobody signs twice, in whatever capacity; another one completes it:'
\echo
:try
SELECT steering.sign(:proposal, 'approve');
:tried
\echo
:show
SET SESSION AUTHORIZATION director;
SELECT steering.sign(:proposal, 'approve');
RESET SESSION AUTHORIZATION;
:hide
INSERT INTO demo.expectation VALUES ('nobody signs twice', '23S75', :'sqlstate');
\echo
\echo 'Who had to do what, under each of the three:'
\echo
:show
SELECT decision.id, decision.method, signature.functionary, signature.choice, signature.participant, signature.remark
FROM steering.decision JOIN steering.signature ON signature.decision = decision.id
WHERE decision.arguments ->> 'service' = 'ict' AND decision.state = 'executed'
ORDER BY decision.id, signature.at;

SELECT functionary, act, service, participant, amount_limit, path FROM steering.authority;
:hide
\echo
\echo 'Everything that took effect stands in a log, each row with the hash of the one before it. Its head is printed in reports:'
\echo 'from then on nobody changes what is before it unseen, not even a superuser, who does so here:'
\echo
:script
SELECT steering.log_head() AS head \gset
BEGIN;
UPDATE steering.decision_log SET amount = 1 WHERE position = 3;
SELECT * FROM steering.verify_log(:'head');
ROLLBACK;
:hide
INSERT INTO demo.expectation SELECT 'the log is whole', '0', count(*) FROM steering.verify_log(:'head');
INSERT INTO demo.expectation SELECT 'the three forms raised the cap three times', '3180000', trim_scale(amount)
FROM steering.cap_status WHERE service = 'ict' AND participant = 'GM0546' AND valid_from = '2027-01-01' AND metric = 'budget';
\echo
