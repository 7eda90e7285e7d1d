-- Contender "steering": this extension, with the same registers and the same caps. What it does more
-- than the others: ladders, usage per month for reports, and attaching rows that are there already.

CREATE EXTENSION IF NOT EXISTS sp71_steering;

INSERT INTO steering.participant (code, parent, name)
SELECT participant.code, parent.code, participant.code
FROM bench.participant LEFT JOIN bench.participant AS parent ON parent.participant_id = participant.parent;
INSERT INTO steering.service (code, parent, name)
SELECT service.code, parent.code, service.code
FROM bench.service LEFT JOIN bench.service AS parent ON parent.service_id = service.parent;
ANALYZE steering.participant, steering.service;

SELECT count(steering.set_cap(service, participant, 'budget', during, amount, '80% notify, 100% warn, 105% block'))
FROM (SELECT service.code AS service, participant.code AS participant, during, amount
	  FROM bench.cap JOIN bench.service USING (service_id) JOIN bench.participant USING (participant_id)
	  ORDER BY cap_id) AS cap;

SELECT steering.attach('finance.invoice_line', service => 'product_code', participant => 'municipality',
	booked_on => 'invoice_date', amount => 'net_amount');

CREATE OR REPLACE FUNCTION bench.is_counted_right() RETURNS boolean
LANGUAGE sql
RETURN NOT EXISTS (SELECT FROM steering.verify());
