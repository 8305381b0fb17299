CREATE TABLE stories (                   -- which groups of entries digests told as one story
  grp   INTEGER PRIMARY KEY REFERENCES entries (key) ON DELETE CASCADE,
  story INTEGER NOT NULL                 -- the same number for all of a story
) STRICT;
CREATE INDEX stories_story ON stories (story);
CREATE TRIGGER touched_by_story AFTER INSERT ON stories BEGIN
  INSERT INTO touched (entry) VALUES (NEW.grp);
END;
CREATE TRIGGER touched_by_another_story AFTER UPDATE OF story ON stories BEGIN
  INSERT INTO touched (entry) VALUES (NEW.grp);
END;
