CREATE TABLE deliveries (                -- which digest goes to whom by mail, and what became of it
  digest      INTEGER NOT NULL REFERENCES digests (key),
  recipient   TEXT NOT NULL,
  state       TEXT NOT NULL DEFAULT 'due',   -- due sending sent refused unknown given_up
  tries       INTEGER NOT NULL DEFAULT 0,    -- failed ones
  next_try_at TEXT NOT NULL,
  changed_at  TEXT NOT NULL,
  error       TEXT,                          -- why it is not sent, in words
  PRIMARY KEY (digest, recipient)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_by_state ON deliveries (state);
