-- Times are UTC text, YYYY-MM-DDTHH:MM:SSZ, so that they sort and a person can read them.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
  key            INTEGER PRIMARY KEY,
  first_url      TEXT NOT NULL UNIQUE,   -- the address it was first configured with: part of every id, for ever
  url            TEXT NOT NULL,          -- today's address in feeds.yaml
  position       INTEGER,                -- its place in feeds.yaml; NULL: not in the file now
  removed_at     TEXT,
  etag           TEXT,
  last_modified  TEXT,
  validators_url TEXT,                   -- what answered with them: they are sent nowhere else
  body_hash      TEXT,
  polled_at      TEXT,
  success_at     TEXT,
  next_poll_at   TEXT,
  not_before     TEXT,                   -- the publisher's explicit wish
  reason         TEXT NOT NULL DEFAULT 'never polled',
  failures       INTEGER NOT NULL DEFAULT 0,
  error_kind     TEXT,
  error          TEXT,
  gone_at        TEXT,
  gone           INTEGER NOT NULL DEFAULT 0,
  quiet_polls    INTEGER NOT NULL DEFAULT 0,
  moved_to       TEXT,
  moved_since    TEXT,
  moved_seen     INTEGER NOT NULL DEFAULT 0,
  feed_title     TEXT,
  feed_link      TEXT,
  feed_id        TEXT,
  language       TEXT,
  hints          TEXT NOT NULL DEFAULT '{}'   -- what its feed says about polling, JSON
) STRICT;
CREATE INDEX sources_by_url ON sources (url);

CREATE TABLE hosts (
  host       TEXT PRIMARY KEY,
  not_before TEXT NOT NULL               -- 429 or 503 with Retry-After: nothing to this host before
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
  key           INTEGER PRIMARY KEY,
  source        INTEGER NOT NULL REFERENCES sources (key),
  id            TEXT NOT NULL UNIQUE,    -- made once, never computed again
  guid          TEXT NOT NULL,           -- the publisher's newest
  canonical_url TEXT,
  title         TEXT NOT NULL,
  hash          TEXT NOT NULL,           -- of what readers see, without dates
  standing      TEXT NOT NULL,           -- news backlog folded held dropped
  ordinal       INTEGER NOT NULL,        -- its place in the document it came with
  published     TEXT NOT NULL,
  first_seen    TEXT NOT NULL,
  changed_at    TEXT NOT NULL,           -- `updated` in the merged feed
  edits         INTEGER NOT NULL DEFAULT 0,   -- on the day (UTC) of changed_at
  accepted      INTEGER NOT NULL DEFAULT 0,   -- order of acceptance, 0: waiting or held
  accepted_at   TEXT,
  grp           INTEGER,                 -- key of the entry that leads its group
  data          BLOB NOT NULL            -- the Entry, JSON, zlib
) STRICT;
CREATE UNIQUE INDEX entries_by_guid ON entries (source, guid);
CREATE INDEX entries_by_url ON entries (canonical_url);
CREATE INDEX entries_by_group ON entries (grp);
CREATE INDEX entries_accepted ON entries (accepted) WHERE accepted > 0;
CREATE INDEX entries_accepted_at ON entries (accepted_at) WHERE accepted > 0;
CREATE INDEX entries_waiting ON entries (source, ordinal) WHERE accepted = 0;
CREATE INDEX entries_newest ON entries (source, published);

CREATE TABLE marks (                     -- what copies of one text have in common; the title's is negative
  mark  INTEGER NOT NULL,
  entry INTEGER NOT NULL REFERENCES entries (key),
  PRIMARY KEY (mark, entry)
) STRICT, WITHOUT ROWID;

CREATE TABLE digests (
  key         INTEGER PRIMARY KEY,
  series      TEXT NOT NULL,
  date        TEXT NOT NULL,             -- local date of the morning it is read
  covers_from TEXT,
  covers_to   TEXT NOT NULL,
  sealed_at   TEXT NOT NULL,
  shown       INTEGER NOT NULL,
  reading_time_s INTEGER NOT NULL,
  UNIQUE (series, date)
) STRICT;

CREATE TABLE digest_files (
  digest INTEGER NOT NULL REFERENCES digests (key),
  kind   TEXT NOT NULL,                  -- html md txt json entry
  data   BLOB NOT NULL,                  -- zlib
  PRIMARY KEY (digest, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (                    -- each accepted entry in exactly one digest of a series
  series TEXT NOT NULL,
  entry  INTEGER NOT NULL REFERENCES entries (key),
  digest INTEGER NOT NULL REFERENCES digests (key),
  PRIMARY KEY (series, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_by_digest ON ledger (digest);

CREATE TABLE bodies (
  source     INTEGER NOT NULL REFERENCES sources (key),
  day        TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  data       BLOB NOT NULL,              -- the newest raw body of that day, zlib
  PRIMARY KEY (source, day)
) STRICT, WITHOUT ROWID;
