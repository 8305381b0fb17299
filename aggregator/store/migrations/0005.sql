ALTER TABLE bodies ADD COLUMN url TEXT;            -- what its relative links are read against; unknown: not read again
ALTER TABLE bodies ADD COLUMN content_type TEXT;   -- as the answer said it
ALTER TABLE bodies ADD COLUMN read_by TEXT;        -- the version of the program that read it
