--
-- The extension installs, and what it installs is complete.
--
-- The other tests run between this one and uninstall, in the same database.
CREATE EXTENSION sp71_steering;

CREATE VIEW pg_temp.member AS
	SELECT classid, objid, pg_describe_object(classid, objid, 0) AS object
	FROM pg_depend
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'sp71_steering');

-- Tables and views.
SELECT c.relkind, c.oid::regclass AS relation
FROM pg_temp.member m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass AND c.relkind <> 'S'
ORDER BY 1, c.relname COLLATE "C";

-- Event triggers.
SELECT evtname, evtevent, evtenabled FROM pg_event_trigger ORDER BY 1;

-- Settings.
SELECT name, setting, context, vartype, enumvals
FROM pg_settings WHERE name LIKE 'sp71\_steering.%' ORDER BY 1;

-- Everything has a comment, except what only serves a type or an operator class.
SELECT m.object
FROM pg_temp.member m
WHERE m.classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass,
		'pg_event_trigger'::regclass, 'pg_namespace'::regclass, 'pg_operator'::regclass)
	AND obj_description(m.objid, m.classid::regclass::name) IS NULL
	AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.objid AND c.relkind = 'S')
	AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = m.objid AND (t.typrelid <> 0 OR t.typelem <> 0))
	AND NOT EXISTS (SELECT FROM pg_type t
		WHERE m.objid IN (t.typinput, t.typoutput, t.typsend, t.typreceive, t.typmodin, t.typmodout))
	AND NOT EXISTS (SELECT FROM pg_amproc a WHERE m.objid = a.amproc)
	AND NOT EXISTS (SELECT FROM pg_operator o WHERE m.objid IN (o.oprcode, o.oprrest, o.oprjoin))
	AND NOT EXISTS (SELECT FROM pg_cast a WHERE m.objid = a.castfunc)
	AND NOT EXISTS (SELECT FROM pg_aggregate a
		WHERE m.objid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
			a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
ORDER BY m.object COLLATE "C";

-- Every column of a table has a comment.
SELECT a.attrelid::regclass AS relation, a.attname
FROM pg_temp.member m JOIN pg_class c ON c.oid = m.objid JOIN pg_attribute a ON a.attrelid = c.oid
WHERE m.classid = 'pg_class'::regclass AND c.relkind = 'r' AND a.attnum > 0
	AND col_description(a.attrelid, a.attnum) IS NULL
ORDER BY c.relname COLLATE "C", a.attnum;

-- Every table and every sequence comes with a dump, but for those that are made of others when it is restored.
SELECT c.oid::regclass AS relation
FROM pg_temp.member m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'S')
	AND NOT EXISTS (SELECT FROM pg_extension e
		WHERE e.extname = 'sp71_steering' AND c.oid = ANY (e.extconfig))
ORDER BY c.relname COLLATE "C";

-- Nobody but the owner may run a function that writes; nobody may write a table. check_bookings() writes nothing: it
-- runs a query of the caller, as the caller, and takes back what that did. health_of() has rows for who may execute health().
SELECT p.oid::regprocedure AS function
FROM pg_temp.member m JOIN pg_proc p ON p.oid = m.objid
WHERE m.classid = 'pg_proc'::regclass AND p.provolatile = 'v' AND p.proname NOT IN ('check_bookings', 'health_of')
	AND has_function_privilege('public', p.oid, 'EXECUTE')
ORDER BY p.proname COLLATE "C";
SELECT c.oid::regclass AS relation
FROM pg_temp.member m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass
	AND has_table_privilege('public', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
ORDER BY c.relname COLLATE "C";

-- What PUBLIC may read.
SELECT c.oid::regclass AS relation, c.relkind, c.relrowsecurity
FROM pg_temp.member m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'v')
	AND has_table_privilege('public', c.oid, 'SELECT')
ORDER BY c.relname COLLATE "C";

-- Operator classes are complete and consistent.
SELECT o.opcname, amvalidate(o.oid)
FROM pg_temp.member m JOIN pg_opclass o ON o.oid = m.objid
WHERE m.classid = 'pg_opclass'::regclass AND NOT amvalidate(o.oid)
ORDER BY 1;

-- A schema of that name that is somebody else's is left alone.
\set SHOW_CONTEXT never
DROP EXTENSION sp71_steering;
CREATE SCHEMA steering;
CREATE EXTENSION sp71_steering;
DROP SCHEMA steering;

-- Nothing is installed in it, and the extension cannot be moved or put elsewhere.
CREATE EXTENSION sp71_steering SCHEMA public;
CREATE EXTENSION sp71_steering;
ALTER EXTENSION sp71_steering SET SCHEMA public;
