-- Corrections that are taken back: all of a closing when its period is reopened, since it will be settled
-- anew, and single ones by hand. What takes one back is a line of its own.

CREATE VIEW steering.standing_correction AS
SELECT correction.correction_id, correction.closing_id, correction.participant_id, correction.service_id, correction.amount,
	correction.month
FROM steering.settlement_correction AS correction
WHERE correction.reverses IS NULL
	AND NOT EXISTS (SELECT FROM steering.settlement_correction AS reversing WHERE reversing.reverses = correction.correction_id);
REVOKE ALL ON steering.standing_correction FROM PUBLIC;
COMMENT ON VIEW steering.standing_correction IS 'corrections that were not taken back';
COMMENT ON COLUMN steering.standing_correction.correction_id IS 'number of the correction';
COMMENT ON COLUMN steering.standing_correction.closing_id IS 'the closing whose settlement is corrected';
COMMENT ON COLUMN steering.standing_correction.participant_id IS 'the participant';
COMMENT ON COLUMN steering.standing_correction.service_id IS 'the service';
COMMENT ON COLUMN steering.standing_correction.amount IS 'money: positive is owed, negative is given back';
COMMENT ON COLUMN steering.standing_correction.month IS 'first day of the month with which it is settled';

CREATE FUNCTION steering.reverse_corrections() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_reverse_corrections'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reverse_corrections() FROM PUBLIC;
COMMENT ON FUNCTION steering.reverse_corrections() IS
'takes the corrections of a closing back when its period is reopened; 55000 where one was settled in a period that is closed';

CREATE TRIGGER reverse_corrections
	AFTER UPDATE OF reopened_at ON steering.closing
	FOR EACH ROW WHEN (OLD.reopened_at IS NULL AND NEW.reopened_at IS NOT NULL)
	EXECUTE FUNCTION steering.reverse_corrections();

-- The month is open, and stays so; the unique constraint is for two who take back the same one at once.
CREATE FUNCTION steering.reverse_correction(correction integer, reason text, into_period text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(CASE WHEN reverse_correction.into_period IS NOT NULL THEN steering.period_range(reverse_correction.into_period)
	ELSE daterange(settled.month, steering.month_of(settled.month + 31)) END)
FROM steering.settlement_correction AS settled
WHERE settled.correction_id = reverse_correction.correction;
SELECT steering.require_found(count(*), concat('standing correction ', coalesce(reverse_correction.correction::text, 'null')))
FROM steering.standing_correction
WHERE standing_correction.correction_id = reverse_correction.correction;
INSERT INTO steering.settlement_correction (closing_id, participant_id, service_id, amount, month, reason, reverses)
SELECT settled.closing_id, settled.participant_id, settled.service_id, (- settled.amount::numeric)::steering.amount,
	CASE WHEN reverse_correction.into_period IS NOT NULL
		THEN steering.month_of(upper(steering.period_range(reverse_correction.into_period)) - 1) ELSE settled.month END,
	reverse_correction.reason, settled.correction_id
FROM steering.settlement_correction AS settled
WHERE settled.correction_id = reverse_correction.correction
RETURNING correction_id;
END;
REVOKE ALL ON FUNCTION steering.reverse_correction(integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reverse_correction(integer, text, text) IS
'takes a correction back by a line that reverses it, in the month that it is settled in, or, where that is closed, with the last month of into_period; returns the number of the line. Errors: 42704 there is no such correction, it was taken back already, or takes one back itself, those of period_range(), 55000 the month, or into_period, is not open, 23502 reason is null, 23514 reason empty, 23505 somebody else takes it back';

CREATE VIEW steering.correction_problem AS
SELECT format('correction %s', standing.correction_id) AS subject, 'corrects a reopened period' AS problem,
	format('It adds %s for service "%s" to what participant "%s" owes in %s, and corrects closing %s of period %s, which was reopened: what that forgot is, or will be, in its new settlement.',
		   round(standing.amount::numeric, 2), service.code, participant.code,
		   steering.name_period(daterange(standing.month, steering.month_of(standing.month + 31))),
		   closing.closing_id, steering.name_period(closing.during)) AS detail,
	format('SELECT steering.reverse_correction(%s, ''the period was reopened''%s)', standing.correction_id,
		   CASE WHEN EXISTS (SELECT FROM steering.closing AS closed
							 WHERE closed.reopened_at IS NULL AND closed.during @> standing.month)
				THEN ', into_period => an open period' END) AS hint
FROM steering.standing_correction AS standing
JOIN steering.closing ON closing.closing_id = standing.closing_id
JOIN steering.participant ON participant.participant_id = standing.participant_id
JOIN steering.service ON service.service_id = standing.service_id
WHERE closing.reopened_at IS NOT NULL;
REVOKE ALL ON steering.correction_problem FROM PUBLIC;
COMMENT ON VIEW steering.correction_problem IS 'health(): corrections of closings that ended, as versions before 0.3.0 left them';
COMMENT ON COLUMN steering.correction_problem.subject IS 'a correction';
COMMENT ON COLUMN steering.correction_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.correction_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.correction_problem.hint IS 'what to do';
