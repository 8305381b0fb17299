"""What is remembered between passes, and the lock that gives it one writer."""
