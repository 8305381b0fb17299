"""`public/` over HTTP, and how things stand there."""
