"""What stands in `public/`, and keeping it up with the store."""

from __future__ import annotations

SOURCES = "sources.opml"  # which no entry changes
TRENDS = "trends.html"  # which is made once a day
TRENDS_MADE = "trends_made"
"""Name in the store: what that page stands for; empty while days are still to be counted."""
