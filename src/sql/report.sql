-- The report: a page to look at, of what its reader may read.

CREATE VIEW steering.named_participant WITH (security_barrier) AS
SELECT participant.code,
	above.code AS parent,
	participant.name,
	participant.inhabitants
FROM steering.readable_participant AS readable
JOIN steering.participant ON participant.participant_id = readable.participant_id
LEFT JOIN steering.readable_participant AS above ON above.code = participant.parent;
GRANT SELECT ON steering.named_participant TO PUBLIC;
COMMENT ON VIEW steering.named_participant IS 'the participants whose figures the role may read, with their names';
COMMENT ON COLUMN steering.named_participant.code IS 'code of the participant';
COMMENT ON COLUMN steering.named_participant.parent IS 'code of the participant that it belongs to; null: to none that the role may read';
COMMENT ON COLUMN steering.named_participant.name IS 'name for people';
COMMENT ON COLUMN steering.named_participant.inhabitants IS 'how many; null: not known';

CREATE VIEW steering.named_service WITH (security_barrier) AS
SELECT service.code,
	service.parent,
	service.name,
	service.unit,
	service.kind,
	service.lead
FROM steering.service
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.named_service TO PUBLIC;
COMMENT ON VIEW steering.named_service IS 'the services with their names, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.named_service.code IS 'code of the service';
COMMENT ON COLUMN steering.named_service.parent IS 'code of the service that it is a part of; null: of none';
COMMENT ON COLUMN steering.named_service.name IS 'name for people';
COMMENT ON COLUMN steering.named_service.unit IS 'what volume is counted in; null: no volume';
COMMENT ON COLUMN steering.named_service.kind IS 'standard or development: what tells the rows of reports apart, joined by the code';
COMMENT ON COLUMN steering.named_service.lead IS 'of a development service: code of the participant that leads it; null: nobody does';

CREATE FUNCTION steering.report(period text, participant text DEFAULT NULL, language text DEFAULT 'en', level text DEFAULT 'organisation',
	minimum numeric DEFAULT 25000) RETURNS text
AS 'MODULE_PATHNAME', 'steering_report'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION steering.report(text, text, text, text, numeric) IS
'a page of HTML on a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), of a participant and all below it, or of all (null) that the role may read: lights, caps and what is used of them, deviations and what is said of them, results, the course of the period and its outlook, participants side by side, settlement, allocation, savings, the reserve and risks, lawfulness, decisions that wait, closed periods, refusals and events, and how each figure was computed. It needs no script and loads nothing; write it to a file with psql''s \o, in UTF-8. language: en or nl. level: organisation; council (services at the top of the tree, no refusals and events); holder (services and participants that the role has a mandate for, or all that it may read if it has none). minimum: from which difference on a budget cap deviates, in money. Each figure is that of a public view or function, read as the role. Errors: 22004 null, 22P02 no period, 22023 not whole months, unknown participant, language or level, 22003 a sum does not fit';
