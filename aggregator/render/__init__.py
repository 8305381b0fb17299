"""From records to the bytes of files; no I/O, no clock."""
