-- Pages by day: what was published when, and what became of it, is read from indexes alone, whatever entries weigh.
CREATE INDEX entries_published ON entries (published, accepted, standing) WHERE accepted > 0;
DROP INDEX entries_newest;
CREATE INDEX entries_newest ON entries (source, published, standing);

CREATE TABLE counted_days (              -- what a day's news was about, counted once
  day  TEXT PRIMARY KEY,                 -- local date
  sign TEXT NOT NULL,                    -- of the lists and rules that it was counted by
  data TEXT NOT NULL                     -- JSON: {"entries": n, "topics": {...}, "lenses": {...}, "sources": {...}}
) STRICT, WITHOUT ROWID;
