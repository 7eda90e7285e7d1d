-- What connects servers. Nobody else may call it: then connections are kept.
CREATE SCHEMA links;
CREATE EXTENSION dblink SCHEMA links;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA links FROM PUBLIC;
