"""Polls future-of-work blogs, merges them into one feed and writes a daily digest that ends."""

__version__ = "0.1.0"
