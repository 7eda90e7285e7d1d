-- One INSERT for each line, in order of date, each committed by itself; after the last line of a month a
-- line of progress. The first statement is shown. Errors are expected here: run.sh looks at each.
SELECT format(E'INSERT INTO hyndburn.payment\nVALUES (%s, %L, %L, %L, %L, %s);', line, ons_code, department, service, payment_date, amount_gbp)
FROM hyndburn.line ORDER BY payment_date, line LIMIT 1;
\echo
SELECT statement
FROM (SELECT payment_date, line AS turn,
        format('INSERT INTO hyndburn.payment VALUES (%s, %L, %L, %L, %L, %s)',
               line, ons_code, department, service, payment_date, amount_gbp) AS statement
      FROM hyndburn.line
      UNION ALL
      SELECT max(payment_date), max(line) + 0.5,
        format($progress$
          SELECT format('  %%s %%6s lines offered %%6s booked %%6s refused %%6s s', %L, count(*), count(p.line),
                   count(*) - count(p.line), round(extract(epoch FROM clock_timestamp() - backend_start), 1))
          FROM hyndburn.line l LEFT JOIN hyndburn.payment p USING (line), pg_stat_activity
          WHERE to_char(l.payment_date, 'YYYY-MM') = %1$L AND pid = pg_backend_pid()
          GROUP BY backend_start $progress$, to_char(payment_date, 'YYYY-MM'))
      FROM hyndburn.line GROUP BY to_char(payment_date, 'YYYY-MM')) AS turn
ORDER BY payment_date, turn
\gexec
