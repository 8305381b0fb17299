"""One polite, bounded, guarded GET."""
