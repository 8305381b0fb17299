-- How the blocks near the ends of each of these entries begin (store/texts.py): a new one shows whether the source
-- repeats anything now without the texts of the others.
ALTER TABLE learned ADD COLUMN ends BLOB;
