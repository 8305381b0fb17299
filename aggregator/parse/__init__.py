"""From a response's bytes to a ParsedFeed."""
