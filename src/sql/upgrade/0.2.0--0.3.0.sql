-- What 0.3.0 changes in the objects of 0.2.0. Its new topics follow in the upgrade script.

-- --- registers: participant, service, register

-- --- caps and events: cap, event, usage, view, verify

-- --- sources and what follows their ALTER and DROP: source, problem, merge_problem

-- --- periods: closing, usage_between

-- --- agreements, allocation and settlement: allocate, allocation, allocation_cost, agreement, settlement, settlement_line, supplier

-- --- results, comparison and outlook: indicator, comparison, outlook
