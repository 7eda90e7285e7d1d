-- Privileges of functions that the upgrade script replaces, for who installs anew: they keep those that they have. A REVOKE in the
-- upgrade script would make what was granted to somebody a part of the extension, and dumps would leave it out.
REVOKE ALL ON FUNCTION steering.set_agreement(text, text, steering.day_range, text, numeric, numeric, numeric, text, numeric, numeric, numeric, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.drop_agreement(integer, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.question_of_agreement(steering.agreement, steering.agreement) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.settlement_proof(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.health() FROM PUBLIC;
