-- Codes that people cannot tell apart are refused where they are made, and shown for what they are.
\set VERBOSITY default
SET client_encoding = 'UTF8';
CREATE SCHEMA codes_test;
SET search_path = codes_test;
INSERT INTO steering.participant (code, name) VALUES ('codes.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('codes.ict', 'ICT'), ('codes.café', 'Canteen');

-- blanks at the ends, and what cannot be seen or looks like a blank, anywhere
INSERT INTO steering.service (code, name) VALUES ('codes.ict ', 'x');
INSERT INTO steering.service (code, name) VALUES (' codes.ict', 'x');
INSERT INTO steering.service (code, name) VALUES ('   ', 'x');
INSERT INTO steering.service (code, name) VALUES (E'codes.ict\t', 'x');
INSERT INTO steering.service (code, name) VALUES (E'codes\nict', 'x');
INSERT INTO steering.service (code, name) VALUES (U&'codes.ict\00A0', 'x');
INSERT INTO steering.service (code, name) VALUES (U&'codes\00A0ict', 'x');
INSERT INTO steering.service (code, name) VALUES (U&'codes.ict\200B', 'x');
INSERT INTO steering.service (code, name) VALUES (U&'\FEFFcodes.ict', 'x');
INSERT INTO steering.service (code, name) VALUES (U&'codes\00ADict', 'x');
INSERT INTO steering.service (code, name) VALUES (U&'codes\+0E0041ict', 'x');
INSERT INTO steering.service (code, name) VALUES (U&'codes.\202Etci', 'x');
INSERT INTO steering.service (code, name) VALUES ('codes.fine', 'x'), (U&'codes.\3000', 'y');
INSERT INTO steering.participant (code, name) VALUES ('codes.town ', 'x');
-- a second spelling, also within one statement
INSERT INTO steering.service (code, name) VALUES (U&'codes.cafe\0301', 'x');
INSERT INTO steering.service (code, name) VALUES (U&'codes.A\030A', 'x'), (U&'codes.\212B', 'y');
-- K for degrees Kelvin, whose normalization is an ordinary K
INSERT INTO steering.service (code, name) VALUES (U&'codes.\212A', 'x');
INSERT INTO steering.service (code, name) VALUES ('codes.K', 'x');
-- the other tables with codes
SELECT steering.set_indicator(U&'codes.x\00A0', 'codes.ict', 'x', 'x', 'higher', 'outcome');
SELECT steering.set_allocation_key('codes.x ', 'x', 'inhabitants');
SELECT steering.set_risk(U&'codes\200Dx', 'x', 0.1, 1, 2, 3);
COPY steering.service (code, name) FROM stdin;
codes.blank 	x
\.
-- what is fine: blanks within, other scripts, emoji, one spelling that is not the usual one
INSERT INTO steering.service (code, name) VALUES ('codes with blanks', 'x'), ('codes.服务', 'x'), ('codes.Ελλάδα', 'x'),
    (U&'codes.\+01F4BB', 'x'), (U&'codes.o\0308', 'x');
SELECT code, octet_length(code) FROM steering.service WHERE code LIKE 'codes%' ORDER BY code COLLATE "C";
SELECT * FROM steering.health();

-- messages about unknown codes show what is in them
CREATE TABLE line (product text, town text DEFAULT 'codes.town', net numeric DEFAULT 1);
SELECT steering.attach('line', 'product', 'town', $$date '2026-01-01'$$, 'net') > 0 AS attached;
INSERT INTO line (product) VALUES (U&'codes.ict\00A0');
INSERT INTO line (product) VALUES ('codes.ict ');
INSERT INTO line (product) VALUES ('  ');
INSERT INTO line (product) VALUES (E'codes.ict\r');
INSERT INTO line (product) VALUES (U&'codes.cafe\0301');
INSERT INTO line (product) VALUES ('codes.Café');
INSERT INTO line (product, town) VALUES ('codes.ict', U&'\200Bcodes.town');
SELECT steering.set_cap(U&'codes.ict\2009', 'codes.town', 'budget', '[2026-01-01,2027-01-01)', 1);
SELECT steering.participant_number(U&'codes.town\2060');
SELECT * FROM steering.check_booking('codes.ict', U&'codes\00A0town', '2026-01-01', 1);
INSERT INTO steering.service (code, parent, name) VALUES ('codes.child', U&'codes.ict\00A0', 'x');
SELECT steering.indicator_number(U&'codes\00A0x');
SELECT steering.key_number(U&'codes\00A0x');
SELECT steering.drop_risk(U&'codes\00A0x');

-- What is there already, from before or by a dump, stays; health() tells of it.
SET check_function_bodies = off;
INSERT INTO steering.service (code, name) VALUES (U&'codes.ict\00A0', 'x'), ('codes.pad ', 'x'), (U&'codes.cafe\0301', 'x');
SELECT steering.set_indicator('codes.x ', 'codes.ict', 'x', 'x', 'higher', 'outcome') > 0 AS made;
RESET check_function_bodies;
SELECT * FROM steering.health();
-- and can be changed, booked on and deleted
UPDATE steering.service SET name = 'y' WHERE code = 'codes.pad ';
SELECT steering.set_indicator('codes.x ', 'codes.ict', 'y', 'y', 'higher', 'outcome') > 0 AS changed;
SELECT steering.drop_indicator('codes.x ');
INSERT INTO line (product) VALUES ('codes.pad ');
DELETE FROM line;
DELETE FROM steering.service WHERE code IN (U&'codes.ict\00A0', 'codes.pad ', U&'codes.cafe\0301');
SELECT * FROM steering.health();
SELECT * FROM steering.verify();

SELECT steering.show_code(U&'  a \00A0\200Bb\+0E0001 ') AS shown, steering.show_code(U&'o\0308 ö') AS spelled, steering.show_code('ö b') AS plain,
    steering.code_fault('a b') IS NULL AS none, steering.code_fault('') IS NULL AS empty,
    steering.code_spelling(U&'o\0308') = steering.code_spelling('ö') AS same;
DROP TABLE line;
DELETE FROM steering.service WHERE code LIKE 'codes%' AND code NOT IN ('codes.ict');
DROP SCHEMA codes_test CASCADE;
RESET client_encoding;
