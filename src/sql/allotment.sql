-- Allotments: what each node may use of a cap that is judged over several nodes.

-- Neither table is in dumps: when one is restored, others may have been lent since what it would say. Nothing is known then, and
-- nodes ask anew.

-- Written by who holds the counter of the cap on this node as a whole, and by nobody else: so who holds it reads what is
-- true. Raised only after the coordinator has written that down in steering.lent, lowered before it does.
CREATE TABLE steering.allotment (
	cap_id integer CONSTRAINT allotment_pkey PRIMARY KEY,
	ceiling steering.amount,
	elsewhere steering.amount,
	others steering.amount,
	CONSTRAINT allotment_is_one_of_two CHECK ((ceiling IS NULL) OPERATOR(pg_catalog.<>) (elsewhere IS NULL))
) WITH (fillfactor = 70);
REVOKE ALL ON steering.allotment FROM PUBLIC;
COMMENT ON TABLE steering.allotment IS 'what this node may use of caps that span nodes; a cap without a row: nothing without asking the coordinator';
COMMENT ON COLUMN steering.allotment.cap_id IS 'the cap';
COMMENT ON COLUMN steering.allotment.ceiling IS 'so high usage of this node may go, while no step of the ladder can be reached that is not yet; null: this node judges by the ladder';
COMMENT ON COLUMN steering.allotment.elsewhere IS 'what all other nodes use at most, none of which may raise that now; null: others may have room too';
COMMENT ON COLUMN steering.allotment.others IS 'where usage stands at a step that warns: what all other nodes used at most when the ceiling was lent; null: it does not, or this node judges by the ladder';

-- The ledger of the coordinator. Rows of steering.lending are locked by who lends.
CREATE TABLE steering.lending (
	cap_id integer CONSTRAINT lending_pkey PRIMARY KEY,
	revision integer,
	changed bigint NOT NULL DEFAULT 0,
	doubted timestamptz
) WITH (fillfactor = 70);
REVOKE ALL ON steering.lending FROM PUBLIC;
COMMENT ON TABLE steering.lending IS 'the caps of which the coordinator lends room to nodes; who lends locks the row of the cap';
COMMENT ON COLUMN steering.lending.cap_id IS 'the cap';
COMMENT ON COLUMN steering.lending.revision IS 'of limit and ladder when all nodes had answered what they use, and by which was lent since; null: never';
COMMENT ON COLUMN steering.lending.changed IS 'number of the last change by which entries moved: what a node uses that has not applied it is not what it will use';
COMMENT ON COLUMN steering.lending.doubted IS 'when all had given back that were busy with what the asker was, for the second time: for a while nobody is lent more than is wanted, so that a transaction over several nodes finds room when it is repeated. The first time it is noted as so long ago that this is over; null: never';

CREATE TABLE steering.lent (
	cap_id integer NOT NULL,
	node_id integer NOT NULL,
	ceiling steering.amount,
	CONSTRAINT lent_pkey PRIMARY KEY (cap_id, node_id)
) WITH (fillfactor = 70);
REVOKE ALL ON steering.lent FROM PUBLIC;
COMMENT ON TABLE steering.lent IS 'how high the coordinator lets usage of each node go under each cap: never less than what the node believes';
COMMENT ON COLUMN steering.lent.cap_id IS 'the cap';
COMMENT ON COLUMN steering.lent.node_id IS 'the node';
COMMENT ON COLUMN steering.lent.ceiling IS 'so high its usage may be; null: any, as far as the coordinator knows, so that it must be asked first';
