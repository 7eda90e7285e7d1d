-- What 0.8.0 changes in the objects of 0.7.0. Its new topics follow in the upgrade script.

-- Room that is lent above a step that warns.
ALTER TABLE steering.allotment ADD COLUMN others steering.amount;
COMMENT ON COLUMN steering.allotment.ceiling IS 'so high usage of this node may go, while no step of the ladder can be reached that is not yet; null: this node judges by the ladder';
COMMENT ON COLUMN steering.allotment.others IS 'where usage stands at a step that warns: what all other nodes used at most when the ceiling was lent; null: it does not, or this node judges by the ladder';
