CREATE TABLE gaps (                      -- polls that met nothing that was known: entries may have been lost
  source_key   INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
  found_at     TEXT NOT NULL,
  newest_known TEXT NOT NULL,
  oldest_come  TEXT NOT NULL,            -- moves back while older pages are read
  polled_at    TEXT NOT NULL,            -- the last good poll before
  window_s     INTEGER NOT NULL,         -- seconds that the feed held
  state        TEXT NOT NULL,            -- open filled lost
  next_url     TEXT,
  next_at      TEXT,
  pages        INTEGER NOT NULL,
  tries        INTEGER NOT NULL,
  recovered    INTEGER NOT NULL,         -- entries
  closed_at    TEXT,
  PRIMARY KEY (source_key, found_at)
) STRICT, WITHOUT ROWID;
