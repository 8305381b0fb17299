CREATE TABLE subscriptions (             -- what was agreed with hubs (WebSub); a source has at most one that is not left
  callback     TEXT PRIMARY KEY,         -- where the hub delivers; its end cannot be guessed
  source_key   INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
  hub          TEXT NOT NULL,            -- '' where none was found
  topic        TEXT NOT NULL,
  secret       TEXT,                     -- of the signatures; NULL: the hub is not on https
  state        TEXT NOT NULL,            -- off active denied leaving left
  pending      TEXT,                     -- subscribe unsubscribe: asked for, not verified yet
  tries        INTEGER NOT NULL,
  asked_at     TEXT,
  next_at      TEXT,                     -- when something is to be done
  ends_at      TEXT,                     -- end of the lease
  delivered_at TEXT,
  missed_at    TEXT,                     -- when a poll last found what the hub should have brought
  error        TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_by_source ON subscriptions (source_key);
