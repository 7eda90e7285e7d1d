\echo
\echo '23. A page to look at'
\echo '---------------------'
\echo
\echo 'Who deviates says why, what follows from it and what is done about it; what nobody has said is listed as missing:'
\echo
:show
SELECT steering.set_explanation('2026', 'ict', 'GM0546',
         cause => 'Staff was hired faster than planned, and each needs a workplace',
         consequence => 'The replacement of old workplaces moves to next year',
         action => 'Leases of half a year instead of purchases; the board decides in the autumn', is_structural => false) > 0 AS explained;
SELECT service, participant, trim_scale(difference) AS difference, light, cardinality(missing) AS missing
FROM steering.deviation('2026') ORDER BY light = 'red' DESC, abs(difference) DESC NULLS LAST LIMIT 5;
:hide
\echo
\echo 'One SELECT makes a page of a period that needs nothing else: of all (this year, and that of the savings in 22), of one'
\echo 'participant, in English or Dutch. It has what the role that asks may read, and no more:'
\echo
\getenv pages PAGES
SELECT greatest(2027, extract(year FROM steering.decision_day())) AS year \gset
\pset format unaligned
\pset tuples_only on
:script
\o :pages/region.html
SELECT steering.report('2026');
\o :pages/region_ahead.html
SELECT steering.report(:'year');
\o :pages/leiden.html
SELECT steering.report('2026', 'GM0546', 'nl');
\o :pages/council.html
SELECT steering.report('2026', 'GM0547', 'nl', 'council');
SET ROLE leiderdorp_controller;
\o :pages/leiderdorp_controller.html
SELECT steering.report('2026');
\o
RESET ROLE;
:hide
\pset format aligned
\pset tuples_only off
SET ROLE leiderdorp_controller;
SELECT steering.report('2026') ~ 'Zoeterwoude|GM0638' AS tells \gset
RESET ROLE;
INSERT INTO demo.expectation VALUES ('the page of a reader has nothing of another participant', 'f', :'tells');
\echo
\echo 'The pages are in' :pages
