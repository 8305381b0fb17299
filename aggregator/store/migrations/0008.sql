ALTER TABLE entries ADD COLUMN marks BLOB;   -- of an entry that waits: what copies of it share, eight bytes each
