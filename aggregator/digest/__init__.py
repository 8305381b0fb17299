"""From a day's entries to a digest that ends."""
