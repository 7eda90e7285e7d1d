\echo
\echo '23. A page to look at'
\echo '---------------------'
\echo
\echo 'One SELECT makes a page of a period that needs nothing else: of all, of one participant, in English or Dutch. It has'
\echo 'what the role that asks may read, and no more:'
\echo
\getenv pages PAGES
\pset format unaligned
\pset tuples_only on
:script
\o :pages/region.html
SELECT steering.report('2026');
\o :pages/leiden.html
SELECT steering.report('2026', 'GM0546', 'nl');
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
