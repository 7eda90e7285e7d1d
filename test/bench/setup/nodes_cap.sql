-- On the coordinator: the cap over everything has another limit, and what nodes were lent of it is given back.
--
-- Variables: amount.
SELECT steering.set_cap('S', 'P', 'budget', '[2026-01-01,2027-01-01)', :amount, '100% block') AS cap \gset
SELECT 1 / bool_and(used IS NOT NULL)::integer FROM steering.recover_allotments(:cap);
