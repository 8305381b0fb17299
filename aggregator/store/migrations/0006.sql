CREATE TABLE articles (                  -- the text of an entry's own page (full_text); never republished
  entry       INTEGER PRIMARY KEY REFERENCES entries (key),
  at          TEXT NOT NULL,             -- when it was fetched or tried last
  tries       INTEGER NOT NULL DEFAULT 0,
  next_try_at TEXT,                      -- NULL: never again
  why         TEXT,                      -- why there is no text, in words
  words       INTEGER NOT NULL DEFAULT 0,
  data        BLOB                       -- plain text, zlib; once written it stays as it is
) STRICT;

CREATE TABLE robots (                    -- robots.txt of a scheme, host and port; empty where there is none
  origin     TEXT PRIMARY KEY,
  fetched_at TEXT NOT NULL,
  data       BLOB NOT NULL               -- zlib
) STRICT, WITHOUT ROWID;

ALTER TABLE search_docs ADD COLUMN article INTEGER NOT NULL DEFAULT 0;   -- whether the index holds its page's text, too

CREATE TRIGGER search_article AFTER INSERT ON articles WHEN NEW.data IS NOT NULL BEGIN
  INSERT INTO search_waiting SELECT key, data FROM entries
  WHERE key = NEW.entry AND EXISTS (SELECT 1 FROM search_docs WHERE entry = NEW.entry) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER search_article_came AFTER UPDATE OF data ON articles WHEN OLD.data IS NULL AND NEW.data IS NOT NULL
BEGIN
  INSERT INTO search_waiting SELECT key, data FROM entries
  WHERE key = NEW.entry AND EXISTS (SELECT 1 FROM search_docs WHERE entry = NEW.entry) ON CONFLICT DO NOTHING;
END;
