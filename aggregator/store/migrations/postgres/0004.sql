-- What the virtual table `search` is to SQLite.
ALTER TABLE search_docs ADD COLUMN words TSVECTOR;
CREATE INDEX search_words ON search_docs USING gin (words);
