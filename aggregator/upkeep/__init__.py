"""What keeps an installation well: looking after it, tidying, recovering."""
