"""What stands around a poll: when a source is asked, how, and what is remembered of it."""
