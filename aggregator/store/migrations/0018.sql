CREATE TABLE unread (                    -- first polls whose backlog was only outlined (polling/backlog.py)
  source INTEGER PRIMARY KEY REFERENCES sources (key) ON DELETE CASCADE,
  day    TEXT NOT NULL                   -- of the body that is kept and has it
) STRICT;
-- An outline waits for its text before it is indexed; until then a search looks at it beside the index.
DROP TRIGGER search_new;
CREATE TRIGGER search_new AFTER INSERT ON entries WHEN NEW.hash <> '' OR NEW.standing <> 'backlog' BEGIN
  INSERT INTO search_waiting (entry) VALUES (NEW.key);
END;
CREATE TRIGGER search_read AFTER UPDATE OF hash ON entries WHEN OLD.hash = '' AND OLD.standing = 'backlog' BEGIN
  INSERT INTO search_waiting (entry) VALUES (NEW.key) ON CONFLICT DO NOTHING;
END;
