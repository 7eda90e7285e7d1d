\echo '16. The settlement: what each municipality still has to pay'
\echo '-----------------------------------------------------------'
\echo
\echo 'One decision is left: half of the result of the organisation, gain or loss, is shared by inhabitants.'
\echo
\o /dev/null
:script
SELECT steering.set_result_share('inhabitants', 50, '[2026-01-01,2027-01-01)');
:hide
\o
\echo
\echo 'settle() says per municipality and service what the agreements come to. Leiderdorp, line by line; what is'
\echo 'positive is owed, what is negative was paid before or is given back:'
\echo
:show
SELECT service, line, round(quantity, 2) AS quantity, round(price, 2) AS price, amount
FROM steering.settle('2026')
WHERE participant = 'GM0547';
:hide
\echo 'Read it so: workplaces, payslips and hours of legal advice went beyond what was contracted (excess). Too few'
\echo 'calls were solved in time, which costs the organisation a malus of 1% (incentive). A share is a part of actual'
\echo 'cost. The last line is Leiderdorp''s part of the gain.'
\echo
\echo 'All municipalities, by kind of line:'
\echo
SELECT coalesce(line, 'to pay') AS line, coalesce(participant, 'together') AS participant,
  to_char(sum(amount), '99,999,990.00') AS amount
FROM steering.settle('2026') GROUP BY CUBE (line, participant)
ORDER BY array_position('{agreed,excess,unused,share,incentive,result_share,advance}', settle.line), settle.participant
\crosstabview
\echo 'The proof: each total, what it is made of, and the difference, which must be zero.'
\echo
:show
SELECT item, service, key, round(total, 2) AS total, round(parts, 2) AS parts, difference
FROM steering.settlement_proof('2026');
:hide
INSERT INTO demo.expectation
SELECT 'the settlement proves itself', '0', sum(abs(difference))::numeric(20) FROM steering.settlement_proof('2026');
-- The agreements worked out by plain SQL over the invoices. Of a lump sum the base; of workplaces and legal
-- price times actual hours or months, and 40% of what was not used; of payroll the base and what went beyond.
CREATE TEMP VIEW worked_out AS
SELECT participant, sum(CASE form
    WHEN 'lump_sum' THEN base
    WHEN 'price_volume' THEN round(price * used, 2) + coalesce(round(price * unused_percent / 100 * greatest(volume - used, 0), 2), 0)
    WHEN 'base_plus' THEN base + round(price * greatest(used - volume, 0), 2) END) AS owed
FROM (SELECT a.*, (SELECT coalesce(sum(quantity), 0) FROM finance.invoice i
                   WHERE status = 'approved' AND invoice_date BETWEEN '2026-01-01' AND '2026-12-31'
                     AND municipality = participant AND (product || '.') LIKE (a.service || '.%')) AS used
      FROM steering.agreement_status a WHERE form <> 'key_share') AS a
GROUP BY participant;
INSERT INTO demo.expectation
SELECT 'what is owed by agreement, by plain SQL', string_agg(owed::numeric(20,2)::text, ' ' ORDER BY participant),
  (SELECT string_agg(owed::text, ' ' ORDER BY participant)
   FROM (SELECT participant, sum(amount) AS owed FROM steering.settle('2026')
         WHERE line IN ('agreed', 'excess', 'unused') GROUP BY participant) AS s)
FROM worked_out;
-- Bonus and malus: the band of the attainment, of the agreed amount, at most the maximum.
INSERT INTO demo.expectation
SELECT 'bonus and malus, by plain SQL', string_agg(amount::text, ' ' ORDER BY service, participant),
  (SELECT string_agg(amount::text, ' ' ORDER BY service, participant) FROM steering.settle('2026') WHERE line = 'incentive')
FROM (SELECT a.service, a.participant,
        least(greatest(round(a.agreed_cost * percent / 100, 2), -a.incentive_maximum), a.incentive_maximum)::numeric(20,2) AS amount
      FROM steering.agreement_status a
        JOIN (VALUES ('ict.workplace', 'solved'), ('finance', 'days to pay')) AS i (service, indicator) USING (service)
        JOIN demo.goal g USING (indicator, participant)
        CROSS JOIN LATERAL (
          SELECT CASE g.indicator WHEN 'solved' THEN sum(value) / target
            ELSE 2 - max(value) FILTER (WHERE period = '2026-Q4') / target END AS attained
          FROM demo.measured m WHERE (m.indicator, m.participant) = (g.indicator, g.participant)) AS m
        CROSS JOIN LATERAL (
          SELECT CASE g.indicator
            WHEN 'solved' THEN CASE WHEN attained < 0.85 THEN -3 WHEN attained < 0.95 THEN -1 WHEN attained < 1.05 THEN 0 ELSE 2 END
            ELSE CASE WHEN attained < 0.90 THEN -1.5 WHEN attained < 1.02 THEN 0 ELSE 1 END END AS percent) AS p) AS plain;
INSERT INTO demo.expectation
SELECT 'shares of the overhead are those by inhabitants', string_agg(cost::numeric(20,2)::text, ' ' ORDER BY participant),
  (SELECT string_agg(amount::text, ' ' ORDER BY participant) FROM steering.settle('2026') WHERE line = 'share')
FROM demo.overhead WHERE method = 'inhabitants';
INSERT INTO demo.expectation
SELECT 'the supplier''s result is what is owed less what was booked',
  (SELECT sum(amount) FROM steering.settle('2026') WHERE line IN ('agreed', 'excess', 'unused', 'share', 'incentive'))
    - (SELECT sum(net_amount) FROM finance.invoice
       WHERE status = 'approved' AND invoice_date BETWEEN '2026-01-01' AND '2026-12-31'),
  (SELECT total::numeric(20,2) FROM steering.settlement_proof('2026') WHERE item = 'result');
\echo 'What did the organisation itself expect on 30 September? Its result follows from the outlook of all cost, and'
\echo 'from what the agreements bring for that:'
\echo
:show
SELECT round(expected_revenue) AS expected_revenue, round(expected_cost) AS expected_cost,
       round(expected_result) AS expected_result, round(revenue) AS revenue, round(cost) AS cost,
       round(result) AS result
FROM steering.supplier_health('2026', per => 'year', as_of => '2026-09-30')
WHERE is_total;
:hide
INSERT INTO demo.expectation
SELECT 'the expected cost of the organisation is the outlook', sum(expected)::numeric(20,2),
  (SELECT expected_cost::numeric(20,2) FROM steering.supplier_health('2026', per => 'year', as_of => '2026-09-30') WHERE is_total)
FROM steering.outlook('2026-09-30');
