-- The schema of the extension. It must not exist yet: whoever owned it could put things into it.

CREATE SCHEMA steering;
COMMENT ON SCHEMA steering IS 'caps on the budget and volume of shared services (extension sp71_steering)';
GRANT USAGE ON SCHEMA steering TO PUBLIC;
