CREATE TABLE signs (                     -- of the entries of each source's newest document (entries/signs.py)
  source INTEGER PRIMARY KEY REFERENCES sources (key) ON DELETE CASCADE,
  signs  BLOB NOT NULL                   -- 24 bytes an entry: what its publisher wrote, and what it says
) STRICT;
