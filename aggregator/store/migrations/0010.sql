CREATE TABLE touched (                   -- what published files may not show yet; cleared by each publication
  number INTEGER PRIMARY KEY,
  entry  INTEGER NOT NULL                -- key of an entry; 0: anything may look different; -1: a digest was sealed
) STRICT;
CREATE TRIGGER touched_by_edit
AFTER UPDATE OF data, title, changed_at, standing, grp, accepted ON entries WHEN NEW.accepted > 0 BEGIN
  INSERT INTO touched (entry) VALUES (NEW.key);
END;
CREATE TRIGGER touched_by_return AFTER INSERT ON entries WHEN NEW.accepted > 0 BEGIN
  INSERT INTO touched (entry) VALUES (NEW.key);
END;
CREATE TRIGGER touched_by_loss AFTER DELETE ON entries WHEN OLD.accepted > 0 BEGIN
  INSERT INTO touched (entry) VALUES (0);
END;
CREATE TRIGGER touched_by_hiding AFTER INSERT ON hidden BEGIN
  INSERT INTO touched (entry) VALUES (NEW.entry);
END;
CREATE TRIGGER touched_by_showing AFTER DELETE ON hidden BEGIN
  INSERT INTO touched (entry) VALUES (OLD.entry);
END;
CREATE TRIGGER touched_by_source AFTER UPDATE OF url, position, feed_title, feed_link, feed_id ON sources
WHEN NEW.url IS NOT OLD.url OR NEW.position IS NOT OLD.position OR NEW.feed_title IS NOT OLD.feed_title
  OR NEW.feed_link IS NOT OLD.feed_link OR NEW.feed_id IS NOT OLD.feed_id BEGIN
  INSERT INTO touched (entry) VALUES (0);
END;
CREATE TRIGGER touched_by_article AFTER INSERT ON articles WHEN NEW.data IS NOT NULL BEGIN
  INSERT INTO touched (entry) VALUES (NEW.entry);
END;
CREATE TRIGGER touched_by_article_later AFTER UPDATE OF data ON articles WHEN NEW.data IS NOT OLD.data BEGIN
  INSERT INTO touched (entry) VALUES (NEW.entry);
END;
CREATE TRIGGER touched_by_seal AFTER INSERT ON digests BEGIN
  INSERT INTO touched (entry) VALUES (-1);
END;

CREATE TABLE tallies (                   -- what each source has brought, so that nothing counts entries
  source   INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
  standing TEXT NOT NULL,
  entries  INTEGER NOT NULL,
  PRIMARY KEY (source, standing)
) STRICT, WITHOUT ROWID;
INSERT INTO tallies SELECT source, standing, count(*) FROM entries GROUP BY source, standing;
CREATE TRIGGER tallied_in AFTER INSERT ON entries BEGIN
  INSERT INTO tallies VALUES (NEW.source, NEW.standing, 1) ON CONFLICT (source, standing)
  DO UPDATE SET entries = tallies.entries + 1;
END;
CREATE TRIGGER tallied_out AFTER DELETE ON entries BEGIN
  UPDATE tallies SET entries = entries - 1 WHERE source = OLD.source AND standing = OLD.standing;
END;
CREATE TRIGGER tallied_over AFTER UPDATE OF source, standing ON entries
WHEN NEW.source IS NOT OLD.source OR NEW.standing IS NOT OLD.standing BEGIN
  UPDATE tallies SET entries = entries - 1 WHERE source = OLD.source AND standing = OLD.standing;
  INSERT INTO tallies VALUES (NEW.source, NEW.standing, 1) ON CONFLICT (source, standing)
  DO UPDATE SET entries = tallies.entries + 1;
END;

-- News among a backlog of any size.
DROP INDEX entries_published;
CREATE INDEX entries_published ON entries (published, accepted, standing)
WHERE accepted > 0 AND standing IN ('news', 'folded');
CREATE INDEX entries_news ON entries (accepted) WHERE accepted > 0 AND standing IN ('news', 'folded');
CREATE INDEX entries_news_at ON entries (accepted_at) WHERE accepted > 0 AND standing IN ('news', 'folded');
