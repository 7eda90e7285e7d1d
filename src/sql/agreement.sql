-- Agreements: what a participant buys of a service, in which form, and the caps that follow.
--
-- Like caps they hold numbers and no foreign keys, and are written by the functions below alone. An
-- agreement covers the bookings of its service and all below it, for its participant and all below it,
-- except those that a nearer agreement covers: of the nearest service, and then of the nearest
-- participant. Terms are for all of its months; parts of them get exact shares.

CREATE TABLE steering.agreement (
	agreement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT agreement_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	during daterange NOT NULL
		CONSTRAINT agreement_during_whole_months
			CHECK (coalesce(extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1, false)),
	form text NOT NULL
		CONSTRAINT agreement_form_known CHECK (form IN ('lump_sum', 'price_volume', 'base_plus', 'key_share')),
	base steering.amount
		CONSTRAINT agreement_base_not_negative CHECK (base OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_base_in_cents CHECK (base::numeric = round(base::numeric, 2)),
	volume steering.amount
		CONSTRAINT agreement_volume_not_negative CHECK (volume OPERATOR(steering.>=) 0::steering.amount),
	price steering.amount
		CONSTRAINT agreement_price_not_negative CHECK (price OPERATOR(steering.>=) 0::steering.amount),
	key_id integer,
	unused_percent numeric
		CONSTRAINT agreement_unused_percent_in_range CHECK (unused_percent BETWEEN 0 AND 100),
	advance steering.amount
		CONSTRAINT agreement_advance_not_negative CHECK (advance OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_advance_in_cents CHECK (advance::numeric = round(advance::numeric, 2)),
	incentive_maximum steering.amount
		CONSTRAINT agreement_incentive_maximum_not_negative
			CHECK (incentive_maximum OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_incentive_maximum_in_cents
			CHECK (incentive_maximum::numeric = round(incentive_maximum::numeric, 2)),
	agreed_cost steering.amount GENERATED ALWAYS AS (
		CASE form WHEN 'price_volume' THEN round(price::numeric * volume::numeric, 2)::steering.amount ELSE base END) STORED,
	revision integer NOT NULL DEFAULT 1,
	CONSTRAINT agreement_lump_sum_terms CHECK (form <> 'lump_sum'
		OR base IS NOT NULL AND price IS NULL AND key_id IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_price_volume_terms CHECK (form <> 'price_volume'
		OR price IS NOT NULL AND base IS NULL AND key_id IS NULL AND (unused_percent IS NULL OR volume IS NOT NULL)),
	CONSTRAINT agreement_base_plus_terms CHECK (form <> 'base_plus'
		OR base IS NOT NULL AND volume IS NOT NULL AND price IS NOT NULL AND key_id IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_key_share_terms CHECK (form <> 'key_share'
		OR key_id IS NOT NULL AND volume IS NULL AND price IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_scope_key UNIQUE (service_id, participant_id, during),
	CONSTRAINT agreement_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.agreement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.agreement', '');
SELECT pg_catalog.pg_extension_config_dump('steering.agreement_agreement_id_seq', '');
COMMENT ON TABLE steering.agreement IS 'what participants buy, written by set_agreement() and drop_agreement() alone; one at a time for each service and participant';
COMMENT ON COLUMN steering.agreement.agreement_id IS 'number of the agreement';
COMMENT ON COLUMN steering.agreement.service_id IS 'it covers this service and all below it';
COMMENT ON COLUMN steering.agreement.participant_id IS 'it is with this participant, and covers all below it';
COMMENT ON COLUMN steering.agreement.during IS 'its days: whole months';
COMMENT ON COLUMN steering.agreement.form IS 'lump_sum: base, whatever the volume; price_volume: price times actual volume; base_plus: base for the contracted volume, price for what goes beyond; key_share: a share of actual cost by an allocation key';
COMMENT ON COLUMN steering.agreement.base IS 'money for all months, in whole cents; of key_share: an estimate of the share, null: none';
COMMENT ON COLUMN steering.agreement.volume IS 'contracted volume for all months; null: none';
COMMENT ON COLUMN steering.agreement.price IS 'money per unit of volume; null: none';
COMMENT ON COLUMN steering.agreement.key_id IS 'of key_share: the allocation key; null: another form';
COMMENT ON COLUMN steering.agreement.unused_percent IS 'of price_volume (take or pay): percentage of the price that is charged for contracted volume that was not used; null: nothing is charged';
COMMENT ON COLUMN steering.agreement.advance IS 'money paid in advance each month, in whole cents; null: none';
COMMENT ON COLUMN steering.agreement.incentive_maximum IS 'the most that bonus or malus may come to over all months, in whole cents; null: no incentive was agreed';
COMMENT ON COLUMN steering.agreement.agreed_cost IS 'money that was agreed beforehand for all months: price times volume, rounded to cents, or base; null: none';
COMMENT ON COLUMN steering.agreement.revision IS 'goes up by one when terms change';

-- With codes, which outlive what they name.
CREATE TABLE steering.agreement_revision (
	agreement_id integer NOT NULL,
	revision integer NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('created', 'revised', 'dropped')),
	service text NOT NULL,
	participant text NOT NULL,
	participant_id integer NOT NULL,
	during daterange NOT NULL,
	form text NOT NULL,
	base steering.amount,
	volume steering.amount,
	price steering.amount,
	key text,
	unused_percent numeric,
	advance steering.amount,
	incentive_maximum steering.amount,
	role_name name NOT NULL DEFAULT session_user,
	reason text,
	CONSTRAINT agreement_revision_pkey PRIMARY KEY (agreement_id, revision)
);
REVOKE ALL ON steering.agreement_revision FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.agreement_revision', '');
COMMENT ON TABLE steering.agreement_revision IS 'every decision on an agreement; rows are only added';
COMMENT ON COLUMN steering.agreement_revision.agreement_id IS 'number of the agreement; it may be gone';
COMMENT ON COLUMN steering.agreement_revision.revision IS 'counts the decisions on the agreement, from 1';
COMMENT ON COLUMN steering.agreement_revision.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.agreement_revision.kind IS 'created, revised, dropped';
COMMENT ON COLUMN steering.agreement_revision.service IS 'code of its service';
COMMENT ON COLUMN steering.agreement_revision.participant IS 'code of its participant';
COMMENT ON COLUMN steering.agreement_revision.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.agreement_revision.during IS 'its days';
COMMENT ON COLUMN steering.agreement_revision.form IS 'form after the decision; of dropped: the last one, as in the columns that follow';
COMMENT ON COLUMN steering.agreement_revision.base IS 'money for all months';
COMMENT ON COLUMN steering.agreement_revision.volume IS 'contracted volume';
COMMENT ON COLUMN steering.agreement_revision.price IS 'money per unit';
COMMENT ON COLUMN steering.agreement_revision.key IS 'code of the allocation key';
COMMENT ON COLUMN steering.agreement_revision.unused_percent IS 'percentage of the price for volume not used';
COMMENT ON COLUMN steering.agreement_revision.advance IS 'money in advance each month';
COMMENT ON COLUMN steering.agreement_revision.incentive_maximum IS 'the most of bonus or malus';
COMMENT ON COLUMN steering.agreement_revision.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.agreement_revision.reason IS 'the reason that was given';

CREATE VIEW steering.agreement_status WITH (security_barrier) AS
SELECT agreement.agreement_id,
	service.code AS service,
	participant.code AS participant,
	lower(agreement.during) AS valid_from,
	upper(agreement.during) - 1 AS valid_to,
	agreement.form,
	agreement.base::numeric AS base,
	agreement.volume::numeric AS volume,
	service.unit,
	agreement.price::numeric AS price,
	allocation_key.code AS key,
	agreement.unused_percent,
	agreement.advance::numeric AS advance,
	agreement.incentive_maximum::numeric AS incentive_maximum,
	agreement.agreed_cost::numeric AS agreed_cost
FROM steering.agreement
JOIN steering.service ON service.service_id = agreement.service_id
JOIN steering.participant ON participant.participant_id = agreement.participant_id
LEFT JOIN steering.allocation_key ON allocation_key.key_id = agreement.key_id
WHERE agreement.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.agreement_status TO PUBLIC;
COMMENT ON VIEW steering.agreement_status IS 'every agreement that the role may read, with its terms for all of its months';
COMMENT ON COLUMN steering.agreement_status.agreement_id IS 'number of the agreement';
COMMENT ON COLUMN steering.agreement_status.service IS 'code: it covers this service and all below it';
COMMENT ON COLUMN steering.agreement_status.participant IS 'code: it is with this participant, and covers all below it';
COMMENT ON COLUMN steering.agreement_status.valid_from IS 'first day';
COMMENT ON COLUMN steering.agreement_status.valid_to IS 'last day';
COMMENT ON COLUMN steering.agreement_status.form IS 'lump_sum, price_volume, base_plus, key_share';
COMMENT ON COLUMN steering.agreement_status.base IS 'money; of key_share: an estimate; null: none';
COMMENT ON COLUMN steering.agreement_status.volume IS 'contracted volume; null: none';
COMMENT ON COLUMN steering.agreement_status.unit IS 'what volume is counted in; null: the service has no unit';
COMMENT ON COLUMN steering.agreement_status.price IS 'money per unit; null: none';
COMMENT ON COLUMN steering.agreement_status.key IS 'code of the allocation key; null: another form than key_share';
COMMENT ON COLUMN steering.agreement_status.unused_percent IS 'percentage of the price that is charged for contracted volume that was not used; null: nothing is charged';
COMMENT ON COLUMN steering.agreement_status.advance IS 'money paid in advance each month; null: none';
COMMENT ON COLUMN steering.agreement_status.incentive_maximum IS 'the most that bonus or malus may come to; null: no incentive was agreed';
COMMENT ON COLUMN steering.agreement_status.agreed_cost IS 'money that was agreed beforehand: price times volume, or base; null: none';

CREATE VIEW steering.agreement_event WITH (security_barrier) AS
SELECT revision.agreement_id, revision.revision, revision.recorded_at, revision.kind, revision.service, revision.participant,
	lower(revision.during) AS valid_from, upper(revision.during) - 1 AS valid_to, revision.form,
	revision.base::numeric AS base, revision.volume::numeric AS volume, revision.price::numeric AS price, revision.key,
	revision.unused_percent, revision.advance::numeric AS advance,
	revision.incentive_maximum::numeric AS incentive_maximum, revision.role_name, revision.reason
FROM steering.agreement_revision AS revision
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR revision.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.agreement_event TO PUBLIC;
COMMENT ON VIEW steering.agreement_event IS 'every decision on an agreement that the role may read; those of participants that are gone are for who may read all';
COMMENT ON COLUMN steering.agreement_event.agreement_id IS 'number of the agreement; it may be gone';
COMMENT ON COLUMN steering.agreement_event.revision IS 'counts the decisions on the agreement, from 1';
COMMENT ON COLUMN steering.agreement_event.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.agreement_event.kind IS 'created, revised, dropped';
COMMENT ON COLUMN steering.agreement_event.service IS 'code of its service';
COMMENT ON COLUMN steering.agreement_event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.agreement_event.valid_from IS 'its first day';
COMMENT ON COLUMN steering.agreement_event.valid_to IS 'its last day';
COMMENT ON COLUMN steering.agreement_event.form IS 'form after the decision; of dropped: the last one, as in the columns that follow';
COMMENT ON COLUMN steering.agreement_event.base IS 'money for all months';
COMMENT ON COLUMN steering.agreement_event.volume IS 'contracted volume';
COMMENT ON COLUMN steering.agreement_event.price IS 'money per unit';
COMMENT ON COLUMN steering.agreement_event.key IS 'code of the allocation key';
COMMENT ON COLUMN steering.agreement_event.unused_percent IS 'percentage of the price for volume not used';
COMMENT ON COLUMN steering.agreement_event.advance IS 'money in advance each month';
COMMENT ON COLUMN steering.agreement_event.incentive_maximum IS 'the most of bonus or malus';
COMMENT ON COLUMN steering.agreement_event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.agreement_event.reason IS 'the reason that was given';

CREATE FUNCTION steering.refuse_overlap(agreement integer, during daterange, service text, participant text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_overlap'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_overlap(integer, daterange, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_overlap(integer, daterange, text, text) IS
'raises that this agreement has months in common with one that is to be made (23P01)';

CREATE FUNCTION steering.agreement_share(total steering.amount, during daterange, within daterange, decimals integer DEFAULT 2)
RETURNS steering.amount
AS 'MODULE_PATHNAME', 'steering_agreement_share'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.agreement_share(steering.amount, daterange, daterange, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreement_share(steering.amount, daterange, daterange, integer) IS
'the part of a total for the months during that the months within have in it. After k of n months the total stands at total * k / n, rounded half away from zero to so many decimals, after the last one at itself; a share is the difference of two such values, so that the shares of any months that a range is cut into sum exactly to the total. Errors: 22023 not whole months, decimals not 0 to 4';

CREATE FUNCTION steering.count_months(during daterange) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_count_months'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.count_months(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.count_months(daterange) IS 'number of months in a range of whole months. Error: 22023 parts of months';

-- Inlined, so that what a query does not use of it is not computed.
CREATE FUNCTION steering.agreed_in(first_day date, end_day date)
RETURNS TABLE (agreement_id integer, service_id integer, participant_id integer, form text, during daterange, months integer,
	base steering.amount, volume steering.amount, price steering.amount, agreed_cost steering.amount, key_id integer,
	unused_percent numeric, advance steering.amount, incentive_maximum steering.amount)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.form,
	agreement.during * daterange(agreed_in.first_day, agreed_in.end_day),
	steering.count_months(agreement.during * daterange(agreed_in.first_day, agreed_in.end_day)),
	steering.agreement_share(agreement.base, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day)),
	steering.agreement_share(agreement.volume, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day), 4),
	agreement.price,
	steering.agreement_share(agreement.agreed_cost, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day)),
	agreement.key_id,
	agreement.unused_percent,
	agreement.advance,
	steering.agreement_share(agreement.incentive_maximum, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day))
FROM steering.agreement
WHERE agreement.during && daterange(agreed_in.first_day, agreed_in.end_day);
END;
REVOKE ALL ON FUNCTION steering.agreed_in(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreed_in(date, date) IS
'the agreements with months between first_day and before end_day (both the first of a month), each with the range and the number of those months, and their exact share of base, volume, agreed_cost (money agreed beforehand; of key_share an estimate) and incentive_maximum; price is per unit, advance per month';

CREATE FUNCTION steering.agreement_cover(first_day date, end_day date)
RETURNS TABLE (service_id integer, participant_id integer, first_month date, end_month date, agreement_id integer,
	agreed_service_id integer, form text, amount steering.amount, volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_agreement_cover'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 10000;
REVOKE ALL ON FUNCTION steering.agreement_cover(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreement_cover(date, date) IS
'actual usage of the months between first_day and before end_day per service and participant booked on, each with the agreement that covers it: of the nearest service, and then of the nearest participant. What is booked on a group of participants that has no agreement for the service, while one below it shares its cost by a key, has form key_share and no agreement: it is shared cost too. No form: under no agreement. The months are cut where an agreement begins or ends: first_month, end_month (exclusive)';

CREATE FUNCTION steering.settled_cost(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, agreement_id integer, first_month date, amount numeric, volume numeric)
AS 'MODULE_PATHNAME', 'steering_settled_cost'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 10000;
REVOKE ALL ON FUNCTION steering.settled_cost(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settled_cost(date, date) IS
'agreement_cover() in sums, each a line of a settlement. agreed_cost: by agreement, with its service; shared_cost: by service whose cost is shared by a key, and by the first of the months in which the same agreements hold; other_cost: what is under no agreement, by the service booked on; booked_cost: all of it, added up by itself before any agreement was looked up, without volume';

-- Not STRICT: the planner inlines it only so.
CREATE FUNCTION steering.agreement_charge(form text, base numeric, volume numeric, price numeric, actual_volume numeric,
	unused_percent numeric DEFAULT NULL)
RETURNS TABLE (agreed numeric, excess numeric, unused numeric, agreed_volume numeric, excess_volume numeric, unused_volume numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT round(charge.agreed::numeric, 2), round(charge.excess::numeric, 2), round(charge.unused::numeric, 2),
	charge.agreed_volume::numeric, charge.excess_volume::numeric, charge.unused_volume::numeric
FROM steering.charge_of_terms(agreement_charge.form, agreement_charge.base::steering.amount,
	agreement_charge.volume::steering.amount, agreement_charge.price::steering.amount,
	agreement_charge.actual_volume::steering.amount, agreement_charge.unused_percent) AS charge;
END;
COMMENT ON FUNCTION steering.agreement_charge(text, numeric, numeric, numeric, numeric, numeric) IS
'what is owed for an actual volume, rounded to cents. lump_sum: agreed = base. price_volume: price times actual volume, of which agreed up to the contracted volume and excess beyond; unused = price * unused_percent / 100 for each contracted unit that was not used (take or pay). base_plus: agreed = base, excess = price times the volume beyond the contracted. key_share: agreed is null, for that is a share of actual cost. And the volume up to the contracted one, beyond it, and contracted but not used. A negative actual volume is a refund. Amounts are rounded to four decimals; all is null where form or actual volume is. Errors: 22023 unknown form, 22003 an amount does not fit';
