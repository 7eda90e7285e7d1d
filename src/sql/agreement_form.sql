-- The forms that agreements have, as C knows them. What is asked of a form is asked here, or of the terms that it has.

CREATE FUNCTION steering.agreement_form()
RETURNS TABLE (form text, needs text[], may_have text[], shares_cost boolean, cap_blocks boolean)
AS 'MODULE_PATHNAME', 'steering_agreement_form'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 4;
COMMENT ON FUNCTION steering.agreement_form() IS
'the forms of agreements. needs, may_have: the terms that an agreement of the form must and may have besides, of base, volume, price, key and unused_percent (this only with a volume); each may have an advance and an incentive_maximum. shares_cost: what is owed is a share of actual cost by a key, and does not follow from terms. cap_blocks: the cap that follows from it blocks, since no more is to be spent than what was agreed beforehand; see planned_cap()';

-- PUBLIC may execute it because agreement_charge() does, in the name of whoever calls that.
CREATE FUNCTION steering.charge_of_terms(form text, base steering.amount, volume steering.amount, price steering.amount,
	actual_volume steering.amount, unused_percent numeric)
RETURNS TABLE (agreed steering.amount, excess steering.amount, unused steering.amount, agreed_volume steering.amount,
	excess_volume steering.amount, unused_volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_charge_of_terms'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION steering.charge_of_terms(text, steering.amount, steering.amount, steering.amount, steering.amount, numeric) IS
'agreement_charge() in amounts';
