"""From a ParsedFeed to entries that are clean, known, folded and filtered."""
