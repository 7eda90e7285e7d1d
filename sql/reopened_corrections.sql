-- A period that is reopened takes its corrections along: each gets a reversing line where it is settled, so that
-- closing again bills nothing twice. Where that period is closed as well, reopening is refused.
\set VERBOSITY terse
CREATE SCHEMA reopen_test;
SET search_path = reopen_test;
SET datestyle = iso;
SET jit = off;

INSERT INTO steering.participant (code, name) VALUES ('reopen.town', 'Town'), ('reopen.city', 'City');
INSERT INTO steering.service (code, name, unit) VALUES ('reopen.desk', 'Desk', 'hour'), ('reopen.hr', 'HR', NULL);
CREATE TABLE invoice (day date, net numeric, hours numeric);
SELECT steering.attach('invoice', $$'reopen.desk'$$, $$'reopen.town'$$, 'day', 'net', 'hours') > 0 AS attached;
SELECT steering.set_agreement('reopen.desk', 'reopen.town', '[2021-01-01,2026-01-01)', 'price_volume', price => 10) > 0 AS agreed;
-- what is owed for years, in all, as settlements stand
CREATE FUNCTION owed(VARIADIC years integer[]) RETURNS numeric LANGUAGE sql AS $$
    SELECT sum(amount) FROM unnest(years) AS year CROSS JOIN LATERAL steering.settle(year::text) WHERE participant LIKE 'reopen.%'
$$;
-- corrections, numbered from the first of them
CREATE FUNCTION corrections() RETURNS TABLE (number bigint, corrects text, participant text, service text, amount numeric, settled_in date, reason text, reverses bigint) LANGUAGE sql AS $$
    WITH numbered AS (SELECT correction.*, row_number() OVER (ORDER BY correction_id) AS number FROM steering.correction)
    SELECT numbered.number, to_char(numbered.valid_from, 'YYYY'), numbered.participant, numbered.service, numbered.amount, numbered.settled_in, numbered.reason, reversed.number
    FROM numbered LEFT JOIN numbered AS reversed ON reversed.correction_id = numbered.reverses ORDER BY 1
$$;
CREATE FUNCTION refusal(statement text) RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE
    code text; message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT 'not refused', NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN QUERY VALUES ('sqlstate', code), ('message', message), ('detail', regexp_replace(detail, 'Correction \d+', 'Correction N')), ('hint', hint);
END
$$;

-- 13 hours in all, of which 2 were forgotten: 130, however it is put right; a rebate goes with its closing.
INSERT INTO invoice VALUES ('2021-05-05', 70, 10), ('2022-05-05', 70, 1);
SELECT steering.close_period('2021') > 0 AS closed;
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', 20, '2 hours forgotten', '2022') > 0 AS corrected,
    steering.correct_settlement('2021', 'reopen.city', 'reopen.hr', -5, 'rebate', '2022-Q1') > 0 AS corrected_too;
SELECT owed(2021, 2022);
\set VERBOSITY default
SELECT steering.reopen_period('2021', 'booked after all') > 0 AS reopened;
\set VERBOSITY terse
INSERT INTO invoice VALUES ('2021-05-05', 20, 2);
SELECT owed(2021, 2022);
SELECT steering.close_period('2021') > 0 AS closed;
SELECT owed(2021, 2022);
SELECT * FROM corrections();
-- they show in the settlement, and prove themselves
SELECT participant, service, line, amount FROM steering.settle('2022') WHERE line = 'correction';
SELECT count(*) AS differences FROM steering.settlement_proof('2022') WHERE difference <> 0;
-- again: what was taken back is not taken back once more; what came since is
SELECT steering.reopen_period('2021', 'once more') > 0 AS reopened, steering.close_period('2021') > 0 AS closed;
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', 7, 'fee', '2022') > 0 AS corrected;
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', -7, 'no fee', '2022') > 0 AS corrected;
SELECT steering.reopen_period('2021', 'a third time') > 0 AS reopened, steering.close_period('2021') > 0 AS closed;
SELECT * FROM corrections() WHERE number > 4;
SELECT owed(2021, 2022);
-- taken back, all is as before
BEGIN;
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', 7, 'fee', '2022') > 0 AS corrected;
SAVEPOINT before;
SELECT steering.reopen_period('2021', 'for nothing') > 0 AS reopened;
ROLLBACK TO before;
SELECT count(*) FROM corrections();
ROLLBACK;

-- The period that a correction is settled in was closed meanwhile: refused, the reopening too, and nothing is stored.
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', 30, '3 hours', '2022-Q3') AS three_hours \gset
SELECT steering.close_period('2022-Q3') > 0 AS closed;
SELECT * FROM refusal($$SELECT steering.reopen_period('2021', '3 hours')$$);
SELECT * FROM refusal($$SELECT steering.reopen_bookings('2021', '3 hours')$$);
SELECT count(*) FROM corrections();
SELECT count(*) AS closed FROM steering.closed_period WHERE period = '2021';
SELECT owed(2021, 2022);
-- reopened in the order of the hint
BEGIN;
SELECT steering.reopen_period('2022-Q3', 'to be closed again') > 0 AS reopened;
SELECT steering.reopen_period('2021', '3 hours') > 0 AS reopened;
INSERT INTO invoice VALUES ('2021-05-05', 20, 3);
SELECT steering.close_period('2021') > 0 AS closed, steering.close_period('2022-Q3') > 0 AS closed_too;
SELECT owed(2021, 2022);
ROLLBACK;
-- or taken back in a period that is open
SELECT * FROM refusal(format($$SELECT steering.reverse_correction(%s, 'in its own month')$$, :three_hours));
SELECT * FROM refusal(format($$SELECT steering.reverse_correction(%s, 'in a closed period', '2022')$$, :three_hours));
SELECT steering.reverse_correction(:three_hours, 'to be booked', '2022-Q4') > 0 AS reversed;
SELECT owed(2021, 2022);
SELECT steering.reopen_period('2021', '3 hours') > 0 AS reopened;
INSERT INTO invoice VALUES ('2021-05-05', 20, 3);
SELECT steering.close_period('2021') > 0 AS closed;
SELECT owed(2021, 2022);
SELECT * FROM corrections() WHERE number > 8;

-- What cannot be taken back by hand: what is gone, what was, and what takes back itself.
\set VERBOSITY sqlstate
SELECT steering.reverse_correction(:three_hours, 'again', '2022-Q4');
SELECT steering.reverse_correction(max(correction_id), 'again', '2022-Q4') FROM steering.correction WHERE reverses IS NOT NULL;
SELECT steering.reverse_correction(0, 'nothing');
SELECT steering.reverse_correction(NULL, 'nothing');
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', 1, 'fee', '2022-11') AS fee \gset
SELECT steering.reverse_correction(:fee, NULL);
SELECT steering.reverse_correction(:fee, ' ');
SELECT steering.reverse_correction(:fee, 'when?', 'soon');
\set VERBOSITY terse
SELECT steering.reverse_correction(:fee, 'in its own month') > :fee AS reversed;
SELECT amount, settled_in, reason FROM corrections() ORDER BY number DESC LIMIT 2;
SELECT owed(2021, 2022);

-- Chains: a correction of 2022, in which corrections of 2021 are settled, in 2023. Each year goes with its own.
SELECT steering.reopen_period('2022-Q3', 'for the year') > 0 AS reopened;
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', 40, '4 hours', '2022') > 0 AS corrected;
SELECT steering.close_period('2022') > 0 AS closed;
SELECT steering.correct_settlement('2022', 'reopen.town', 'reopen.desk', -40, 'not 4 hours', '2023') > 0 AS corrected;
SELECT owed(2021, 2022, 2023);
SELECT * FROM refusal($$SELECT steering.reopen_period('2021', 'not first')$$) WHERE field IN ('sqlstate', 'message');
SELECT steering.reopen_period('2022', 'first') > 0 AS reopened;
SELECT owed(2021, 2022, 2023);
SELECT steering.reopen_period('2021', 'then this') > 0 AS reopened;
SELECT owed(2021, 2022, 2023);
SELECT steering.close_period('2021') > 0 AS closed, steering.close_period('2022') > 0 AS closed_too, steering.close_period('2023') > 0 AS and_this;
SELECT owed(2021, 2022, 2023);
SELECT count(*) AS differences FROM unnest('{2021,2022,2023}'::text[]) AS year CROSS JOIN LATERAL steering.settlement_proof(year) WHERE difference <> 0;
-- a reversing line that was settled in a closed period stays: it is no correction that could be taken back
SELECT steering.reopen_period('2021', 'nothing stands') > 0 AS reopened, steering.close_period('2021') > 0 AS closed;
SELECT owed(2021, 2022, 2023);

-- What earlier versions left behind is told, with what mends it.
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', 50, '5 hours', '2024') AS five_hours \gset
ALTER TABLE steering.closing DISABLE TRIGGER reverse_corrections;
SELECT steering.reopen_period('2021', 'by an earlier version') > 0 AS reopened, steering.close_period('2021') > 0 AS closed;
ALTER TABLE steering.closing ENABLE TRIGGER reverse_corrections;
SELECT regexp_replace(subject, '\d+', 'N') AS subject, problem, regexp_replace(detail, 'closing \d+', 'closing N') AS detail, replace(hint, :'five_hours', 'N') AS hint
    FROM steering.health() WHERE subject LIKE 'correction%';
SELECT steering.close_period('2024') > 0 AS closed;
SELECT replace(hint, :'five_hours', 'N') AS hint FROM steering.health() WHERE subject LIKE 'correction%';
SELECT steering.reverse_correction(:five_hours, 'the period was reopened', into_period => '2025') > 0 AS reversed;
SELECT count(*) FROM steering.health() WHERE subject LIKE 'correction%';
SELECT owed(2021, 2022, 2023, 2024, 2025);

-- Only who may.
CREATE ROLE regress_sp71_clerk;
SET ROLE regress_sp71_clerk;
SELECT steering.reverse_correction(1, 'mine');
TABLE steering.standing_correction;
TABLE steering.correction_problem;
SELECT steering.reverse_corrections();
RESET ROLE;
SELECT steering.correct_settlement('2021', 'reopen.town', 'reopen.desk', 50, 'fee', '2025') AS last \gset
GRANT EXECUTE ON FUNCTION steering.reopen_period, steering.reverse_correction TO regress_sp71_clerk;
SET ROLE regress_sp71_clerk;
BEGIN;
SELECT steering.reopen_period('2021', 'it may') > 0 AS reopened;
ROLLBACK;
SELECT steering.reverse_correction(:last, 'it may') > 0 AS reversed;
RESET ROLE;
DROP OWNED BY regress_sp71_clerk;
DROP ROLE regress_sp71_clerk;
SELECT steering.reverse_corrections();

-- Closings, reopenings, bookings, corrections and what takes them back, in any order, others in each run: what is owed
-- for all months is always what was booked, and the corrections that stand. SEED=... repeats a run.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT setseed(:seed / 1000000.0) \g /dev/null
CREATE TEMPORARY TABLE tried (number integer, statement text, code text, owed numeric, expected numeric);
CREATE FUNCTION pg_temp.some_period() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT to_char(first_day, 'YYYY-MM') FROM (SELECT timestamp '2023-01-01' + make_interval(months => floor(random() * 12)::integer) AS first_day) AS v
$$;
CREATE FUNCTION pg_temp.some_statement() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT (ARRAY[
        format('SELECT steering.close_period(%L)', pg_temp.some_period()), format('SELECT steering.close_period(%L)', pg_temp.some_period()),
        coalesce((SELECT format('SELECT steering.reopen_period(%L, %L)', period, 'random') FROM steering.closed_period WHERE period LIKE '2023-%' ORDER BY random() LIMIT 1), 'SELECT'),
        coalesce((SELECT format('SELECT steering.correct_settlement(%L, %L, %L, %s, %L, %L)', period, 'reopen.town', 'reopen.desk', 1 + floor(random() * 99), 'random', pg_temp.some_period())
            FROM steering.closed_period WHERE period LIKE '2023-%' ORDER BY random() LIMIT 1), 'SELECT'),
        coalesce((SELECT format('SELECT steering.reverse_correction(%s, %L, %s)', correction_id, 'random', CASE WHEN random() < 0.5 THEN 'NULL' ELSE quote_literal(pg_temp.some_period()) END)
            FROM steering.correction WHERE settled_in BETWEEN '2023-01-01' AND '2023-12-31' ORDER BY random() LIMIT 1), 'SELECT'),
        format('INSERT INTO invoice VALUES (%L, 0, %s)', pg_temp.some_period() || '-15', floor(random() * 20))])[1 + floor(random() * 6)::integer]
$$;
CREATE FUNCTION pg_temp.try(count integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    what text;
    code text;
BEGIN
    FOR number IN 1 .. count LOOP
        what := pg_temp.some_statement();
        code := '00000';
        BEGIN
            EXECUTE what;
        EXCEPTION WHEN OTHERS THEN
            code := SQLSTATE;
        END;
        INSERT INTO tried SELECT number, what, code, (SELECT sum(amount) FROM steering.settle('2023') WHERE participant LIKE 'reopen.%'),
            (SELECT coalesce(10 * sum(hours), 0) FROM invoice WHERE day BETWEEN '2023-01-01' AND '2023-12-31')
                + (SELECT coalesce(sum(standing.amount::numeric), 0) FROM steering.standing_correction AS standing
                    JOIN steering.closing ON closing.closing_id = standing.closing_id WHERE closing.reopened_at IS NULL AND standing.month BETWEEN '2023-01-01' AND '2023-12-31');
    END LOOP;
END
$$;
-- Goes on, within bounds, until a reopening was refused: not every run of 200 has one.
CREATE FUNCTION pg_temp.try_until_refused(count integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.try(count);
    FOR round IN 1 .. 50 LOOP
        EXIT WHEN EXISTS (SELECT FROM tried WHERE statement LIKE '%reopen_period%' AND code = '55000');
        PERFORM pg_temp.try(20);
    END LOOP;
END
$$;
SELECT steering.reopen_period('2023', 'at random') > 0 AS reopened;
SET client_min_messages = warning;
SELECT pg_temp.try_until_refused(200);
RESET client_min_messages;
SELECT count(*) FILTER (WHERE code = '00000' AND statement <> 'SELECT') > 60 AS many, count(*) FILTER (WHERE code = '55000') > 10 AS refused,
    count(*) FILTER (WHERE statement LIKE '%reopen_period%' AND code = '55000') > 0 AS reopenings_refused FROM tried;
SELECT :seed AS seed, * FROM tried WHERE owed <> expected OR code NOT IN ('00000', '55000', '42704', '23S74') ORDER BY number LIMIT 3;
-- no correction stands that corrects what was reopened, and every line adds up
SELECT :seed AS seed, * FROM steering.correction_problem;
SELECT :seed AS seed, * FROM steering.settlement_proof('2023') WHERE difference <> 0;
SELECT * FROM steering.verify();

-- The same where bookings are rows of a join: what is closed is kept from a header and its lines, a correction stands for
-- what comes too late, and goes when the period is reopened and that is booked after all.
CREATE TABLE document (id integer PRIMARY KEY, day date, state text);
CREATE TABLE post (id integer PRIMARY KEY, document_id integer, hours numeric);
CREATE INDEX ON post (document_id);
INSERT INTO document VALUES (1, '2018-05-05', 'posted'), (2, '2018-06-06', 'draft'), (3, '2019-05-05', 'posted');
INSERT INTO post VALUES (1, 1, 10), (2, 2, 2), (3, 3, 1);
SELECT steering.set_agreement('reopen.desk', 'reopen.city', '[2018-01-01,2020-01-01)', 'price_volume', price => 10) > 0 AS agreed;
SELECT steering.attach_query($$SELECT 'reopen.desk' AS service, 'reopen.city' AS participant, d.day AS booked_on, p.hours * 7 AS amount, p.hours AS volume
    FROM post p JOIN document d ON d.id = p.document_id WHERE d.state = 'posted'$$) > 0 AS attached;
SELECT owed(2018, 2019);
SELECT steering.close_period('2018') > 0 AS closed;
UPDATE document SET state = 'posted' WHERE id = 2;
UPDATE document SET day = '2018-05-05' WHERE id = 3;
UPDATE post SET document_id = 3 WHERE id = 1;
UPDATE post SET hours = 9 WHERE id = 1;
DELETE FROM document WHERE id = 1;
SELECT owed(2018, 2019);
SELECT steering.correct_settlement('2018', 'reopen.city', 'reopen.desk', 20, '2 hours of a draft', '2019') > 0 AS corrected;
SELECT owed(2018, 2019);
SELECT steering.reopen_period('2018', 'the draft is posted') > 0 AS reopened;
SELECT owed(2018, 2019);
UPDATE document SET state = 'posted' WHERE id = 2;
SELECT owed(2018, 2019);
SELECT steering.close_period('2018') > 0 AS closed, owed(2018, 2019);
SELECT amount, reason FROM corrections() WHERE corrects = '2018' ORDER BY number;
SELECT count(*) AS differences FROM steering.settlement_proof('2018') WHERE difference <> 0;
SELECT * FROM steering.verify();

-- whatever stands in the way, some period can be reopened next
SET client_min_messages = warning;
DO $$
BEGIN
    WHILE EXISTS (SELECT FROM steering.closed_period) LOOP
        BEGIN
            PERFORM steering.reopen_period(period, 'end of the test') FROM (SELECT period FROM steering.closed_period ORDER BY random() LIMIT 1) AS closed;
        EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL;
        END;
    END LOOP;
END
$$;
RESET client_min_messages;
ALTER TABLE steering.settlement_line DISABLE TRIGGER refuse_change;
ALTER TABLE steering.settlement_correction DISABLE TRIGGER refuse_change;
DELETE FROM steering.settlement_line;
DELETE FROM steering.settlement_correction;
ALTER TABLE steering.settlement_line ENABLE TRIGGER refuse_change;
ALTER TABLE steering.settlement_correction ENABLE TRIGGER refuse_change;
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'reopen.%';
SELECT steering.detach('invoice');
SELECT steering.detach('post');
SET client_min_messages = warning;
DROP SCHEMA reopen_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'reopen.%';
DELETE FROM steering.participant WHERE code LIKE 'reopen.%';
SELECT * FROM steering.verify();
