ALTER TABLE sources ADD COLUMN answered_by TEXT;   -- the address that answered last, after redirects
ALTER TABLE hosts ADD COLUMN pace INTEGER NOT NULL DEFAULT 0;   -- seconds between two requests, learned from its 429s
ALTER TABLE hosts ADD COLUMN paced_at TEXT;                     -- when that last changed
