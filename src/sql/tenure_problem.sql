-- Agreements and caps for months in which nobody is there to use them: their participant has left or has not
-- joined yet, or their service is not delivered.
--
-- What begins or ends within a month is there for all of that month, since agreements are of whole months.
-- What lies in a closed period as a whole is settled, and is left out.
CREATE VIEW steering.tenure_problem AS
WITH entry AS MATERIALIZED (
	SELECT entry.*, datemultirange(daterange(
			CASE WHEN lower(entry.during) > '0001-01-01' AND isfinite(lower(entry.during)) THEN steering.month_of(lower(entry.during)) END,
			CASE WHEN upper(entry.during) < '9999-01-01' AND isfinite(upper(entry.during))
				THEN steering.month_of(steering.month_of(upper(entry.during) - 1) + 31) END)) AS months
	FROM (SELECT 'participant' AS register, participant.participant_id AS id, participant.code, participant.during
		  FROM steering.participant
		  UNION ALL
		  SELECT 'service', service.service_id, service.code, service.during
		  FROM steering.service) AS entry
), tree AS MATERIALIZED (
	SELECT 'participant' AS register, participant_below.top_id AS id, range_agg(entry.months) AS months
	FROM steering.participant_below
	JOIN entry ON entry.register = 'participant' AND entry.id = participant_below.participant_id
	GROUP BY participant_below.top_id
	UNION ALL
	SELECT 'service', service_below.top_id, range_agg(entry.months)
	FROM steering.service_below
	JOIN entry ON entry.register = 'service' AND entry.id = service_below.service_id
	GROUP BY service_below.top_id
), kept AS (
	SELECT format('agreement %s', agreement.agreement_id) AS subject, 'participant' AS register, agreement.participant_id AS id,
		agreement.during, entry.months,
		format('The %s agreement on service "%s" with participant "%s"', agreement.form, service.code, entry.code) AS name,
		format('drop it with steering.drop_agreement(%s), and set one for the months in which it is needed', agreement.agreement_id) AS hint
	FROM steering.agreement
	JOIN entry ON entry.register = 'participant' AND entry.id = agreement.participant_id
	JOIN steering.service ON service.service_id = agreement.service_id
	UNION ALL
	SELECT format('agreement %s', agreement.agreement_id), 'service', agreement.service_id, agreement.during, tree.months,
		format('The %s agreement on service "%s" with participant "%s"', agreement.form, service.code, participant.code),
		format('drop it with steering.drop_agreement(%s), and set one for the months in which it is needed', agreement.agreement_id)
	FROM steering.agreement
	JOIN tree ON tree.register = 'service' AND tree.id = agreement.service_id
	JOIN steering.service ON service.service_id = agreement.service_id
	JOIN steering.participant ON participant.participant_id = agreement.participant_id
	UNION ALL
	SELECT format('cap %s', cap.cap_id), tree.register, tree.id, cap.during, tree.months,
		format('The %s cap of service "%s" for participant "%s"', cap.metric, service.code, participant.code),
		format('drop it with steering.drop_cap(%s), and set one for the days on which it is needed', cap.cap_id)
	FROM steering.cap
	JOIN tree ON tree.register = 'participant' AND tree.id = cap.participant_id
		OR tree.register = 'service' AND tree.id = cap.service_id
	JOIN steering.service ON service.service_id = cap.service_id
	JOIN steering.participant ON participant.participant_id = cap.participant_id
)
SELECT kept.subject,
	CASE WHEN upper(kept.months) < upper(vacant.days)
		THEN CASE kept.register WHEN 'participant' THEN 'participant left' ELSE 'service ended' END
		ELSE CASE kept.register WHEN 'participant' THEN 'participant not joined yet' ELSE 'service not offered yet' END
	END AS problem,
	format('%s is for %s to %s, and its %s is not there in %s.', kept.name, lower(kept.during), upper(kept.during) - 1, kept.register,
		   (SELECT string_agg(format('%s to %s', lower(days), upper(days) - 1), ', ' ORDER BY days) FROM unnest(vacant.days) AS days)) AS detail,
	kept.hint
FROM kept
CROSS JOIN LATERAL (SELECT datemultirange(kept.during) - kept.months AS days) AS vacant
WHERE NOT isempty(vacant.days)
	AND NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> kept.during);
REVOKE ALL ON steering.tenure_problem FROM PUBLIC;
COMMENT ON VIEW steering.tenure_problem IS 'health(): agreements and caps for months in which their participant, or their service, is not there';
COMMENT ON COLUMN steering.tenure_problem.subject IS 'an agreement or a cap';
COMMENT ON COLUMN steering.tenure_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.tenure_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.tenure_problem.hint IS 'what to do';
