"""What stands in `public/`, and keeping it up with the store."""
