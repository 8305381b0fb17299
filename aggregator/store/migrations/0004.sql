CREATE TABLE hidden (                    -- what the user never wants to see again: the lead of a group
  entry INTEGER PRIMARY KEY REFERENCES entries (key),
  at    TEXT NOT NULL
) STRICT;

CREATE TABLE appeared (                  -- what was in the merged feed: the lead of a group
  entry        INTEGER PRIMARY KEY REFERENCES entries (key),
  withdrawn_at TEXT                      -- since when it is hidden: its tombstone (RFC 6721)
) STRICT;
CREATE INDEX appeared_withdrawn ON appeared (withdrawn_at) WHERE withdrawn_at IS NOT NULL;

CREATE VIRTUAL TABLE search USING fts5 ( -- words only (contentless): the texts stand compressed in entries
  title, text, more, content = '', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE search_docs (               -- what is in the index; docs rise with the hour of publication
  doc    INTEGER PRIMARY KEY,
  entry  INTEGER NOT NULL UNIQUE REFERENCES entries (key),
  source INTEGER NOT NULL
) STRICT;
CREATE INDEX search_docs_by_source ON search_docs (source, doc);

CREATE TABLE search_waiting (            -- what is to be indexed, and what the index holds of it now
  entry INTEGER PRIMARY KEY REFERENCES entries (key),
  old   BLOB                             -- the data as indexed, which the index needs to let go of it
) STRICT;
INSERT INTO search_waiting (entry) SELECT key FROM entries;
CREATE TRIGGER search_new AFTER INSERT ON entries BEGIN
  INSERT INTO search_waiting (entry) VALUES (NEW.key);
END;
CREATE TRIGGER search_edited AFTER UPDATE OF data ON entries WHEN OLD.data IS NOT NEW.data BEGIN
  INSERT INTO search_waiting SELECT OLD.key, OLD.data WHERE EXISTS (SELECT 1 FROM search_docs WHERE entry = OLD.key)
  ON CONFLICT DO NOTHING;
END;
