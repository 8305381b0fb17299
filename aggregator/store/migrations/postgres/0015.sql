-- Which process asks a host now, or has asked it within the spacing. Workers of older versions made the table.
CREATE TABLE IF NOT EXISTS hands (
  host    TEXT COLLATE "C" PRIMARY KEY,
  held_by TEXT COLLATE "C" NOT NULL,
  until   TIMESTAMPTZ NOT NULL
);
