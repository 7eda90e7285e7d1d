-- Each draft in a transaction of its own.
\ir start.sql
SELECT format('CALL bench.approve(%s)', id) FROM finance.header WHERE id > 40 ORDER BY id \gexec
\ir stop.sql
