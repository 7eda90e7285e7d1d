-- What all contenders start from: the finance table, registers, caps, and rows to feed. The bare table
-- is this database as it is; each contender is made in a copy of it.
--
-- Variables: participants, parents, leaves (of each parent), shared (true: the third level is one cap
-- over everything; false: one for each participant), booked (rows in the finance table), fed.

CREATE SCHEMA finance;
CREATE TABLE finance.invoice_line (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_code text NOT NULL,
	municipality text NOT NULL,
	invoice_date date NOT NULL,
	net_amount numeric(12, 2) NOT NULL
);

CREATE SCHEMA bench;

-- Two registers, each a tree, with what lies above each entry (itself included).
CREATE TABLE bench.service (service_id integer PRIMARY KEY, code text NOT NULL UNIQUE, parent integer);
INSERT INTO bench.service
SELECT 0, 'S', NULL
UNION ALL
SELECT -parent, 'S' || parent, 0 FROM generate_series(1, :parents) AS parent
UNION ALL
SELECT leaf, leaf::text, -((leaf - 1) / :leaves + 1) FROM generate_series(1, :parents * :leaves) AS leaf;

CREATE TABLE bench.participant (participant_id integer PRIMARY KEY, code text NOT NULL UNIQUE, parent integer);
INSERT INTO bench.participant
SELECT 0, 'P', NULL
UNION ALL
SELECT participant, participant::text, 0 FROM generate_series(1, :participants) AS participant;

CREATE TABLE bench.service_above (service_id integer, above_id integer, PRIMARY KEY (service_id, above_id));
INSERT INTO bench.service_above
WITH RECURSIVE above AS (
	SELECT service_id, service_id AS above_id, parent FROM bench.service
	UNION ALL
	SELECT above.service_id, service.service_id, service.parent
	FROM above JOIN bench.service ON service.service_id = above.parent
)
SELECT service_id, above_id FROM above;

CREATE TABLE bench.participant_above (participant_id integer, above_id integer, PRIMARY KEY (participant_id, above_id));
INSERT INTO bench.participant_above
SELECT participant_id, participant_id FROM bench.participant
UNION ALL
SELECT participant_id, parent FROM bench.participant WHERE parent IS NOT NULL;

-- Three caps over each booking, far from being reached. The widest comes last: a contender that takes
-- them in order holds what everybody shares for the shortest time.
CREATE TABLE bench.cap (
	cap_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	during daterange NOT NULL DEFAULT '[2026-01-01,2027-01-01)',
	amount numeric NOT NULL DEFAULT 1e12,
	blocks_at numeric NOT NULL DEFAULT 1.05e12,
	UNIQUE (service_id, participant_id, during)
);
INSERT INTO bench.cap (service_id, participant_id)
SELECT service_id, participant_id
FROM bench.service CROSS JOIN bench.participant
WHERE CASE WHEN :shared AND service_id = 0 THEN participant_id = 0 ELSE participant_id > 0 END
ORDER BY service_id > 0 DESC, service_id, participant_id;

-- Invented invoice lines, the same in each run: over all leaves, participants and months in turn.
CREATE FUNCTION bench.invent(lines bigint)
RETURNS TABLE (product_code text, municipality text, invoice_date date, net_amount numeric(12, 2))
LANGUAGE sql STABLE
BEGIN ATOMIC
SELECT (1 + line % leaf.count)::text,
	(1 + line / leaf.count % participant.count)::text,
	make_date(2026, (1 + line / leaf.count / participant.count % 12)::integer, (1 + line / 12 % 28)::integer),
	(1000 + line * 7919 % 99000) / 100.0
FROM (SELECT count(*) FROM bench.service WHERE service_id > 0) AS leaf,
	(SELECT count(*) FROM bench.participant WHERE participant_id > 0) AS participant,
	generate_series(0, lines - 1) AS line;
END;

CREATE TABLE bench.feed AS SELECT * FROM bench.invent(:fed);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
SELECT * FROM bench.invent(:booked);

-- One INSERT for each line, in one transaction, without a client.
CREATE PROCEDURE bench.insert_one_by_one(lines integer)
LANGUAGE plpgsql
AS $$
DECLARE
	line bench.feed;
BEGIN
	FOR line IN SELECT * FROM bench.feed LIMIT lines
	LOOP
		INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
		VALUES (line.product_code, line.municipality, line.invoice_date, line.net_amount);
	END LOOP;
END
$$;

-- The usage of each cap, counted anew.
CREATE VIEW bench.cap_usage AS
WITH booked AS (
	SELECT product_code, municipality, invoice_date, sum(net_amount) AS amount
	FROM finance.invoice_line
	GROUP BY product_code, municipality, invoice_date
), charged AS (
	SELECT service_above.above_id AS service_id, participant_above.above_id AS participant_id, invoice_date,
		sum(amount) AS amount
	FROM booked
	JOIN bench.service ON service.code = product_code
	JOIN bench.service_above USING (service_id)
	JOIN bench.participant ON participant.code = municipality
	JOIN bench.participant_above USING (participant_id)
	GROUP BY 1, 2, 3
)
SELECT cap.cap_id, coalesce(sum(charged.amount), 0) AS used
FROM bench.cap
LEFT JOIN charged ON charged.service_id = cap.service_id AND charged.participant_id = cap.participant_id
	AND charged.invoice_date <@ cap.during
GROUP BY cap.cap_id;

-- What each contender replaces with a check of its own counters.
CREATE FUNCTION bench.is_counted_right() RETURNS boolean LANGUAGE sql RETURN true;
