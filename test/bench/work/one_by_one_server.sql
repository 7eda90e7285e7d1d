\ir start.sql
CALL bench.insert_one_by_one(:lines);
\ir stop.sql
