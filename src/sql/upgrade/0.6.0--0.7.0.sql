-- What 0.7.0 changes in the objects of 0.6.0. Its new topics follow in the upgrade script.

-- Caps that are judged over several nodes.
ALTER TABLE steering.cap ADD COLUMN spans boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN steering.cap.spans IS 'usage of other nodes counts too: this one asks for room';
