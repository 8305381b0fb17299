ALTER TABLE sources ADD COLUMN held_why TEXT;   -- why entries of it were held the last time
