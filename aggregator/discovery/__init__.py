"""From an address that a person knows to a feed worth reading."""
