-- Empties the lines and the drafts, and then whatever this leaves to do, and has so many drafts of so many lines.
BEGIN;
TRUNCATE finance.line RESTART IDENTITY;
DELETE FROM finance.header WHERE id > 40;
COMMIT;
CALL bench.draft(:headers, :lines);
\ir settle.sql
