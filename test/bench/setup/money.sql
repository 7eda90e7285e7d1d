-- Money in one of three types, in tables of the same shape. Variables: type, lines.
CREATE EXTENSION sp71_steering;
SELECT format('ALTER DATABASE %I SET search_path = public, steering', current_database()) \gexec
SET search_path = public, steering;

CREATE TABLE money (id bigint, amount :type);
INSERT INTO money
SELECT line, round(line * 7919 % 100000 / 100.0, 2)
FROM generate_series(1::bigint, :lines) AS line;

CREATE SCHEMA bench;
CREATE FUNCTION bench.is_counted_right() RETURNS boolean
LANGUAGE sql
RETURN (SELECT sum(amount) = sum(amount::numeric) FROM money);
