-- What the demo expects of itself. A row that is not as expected violates the constraint, and so stops
-- the run with a message that names it.
CREATE SCHEMA demo;

CREATE TABLE demo.expectation (
  what      text NOT NULL,
  expected  text NOT NULL,
  found     text NOT NULL,
  CONSTRAINT is_as_expected CHECK (found = expected));
