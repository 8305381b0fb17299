CREATE TABLE learned (                   -- what a source repeats around its entries (entries/chrome.py)
  source INTEGER PRIMARY KEY REFERENCES sources (key) ON DELETE CASCADE,
  sign   TEXT NOT NULL,                  -- of the newest entries that it was learned from, and of the program
  blocks TEXT NOT NULL                   -- [[text, seen, of], ...]
) STRICT;
