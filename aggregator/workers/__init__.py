"""Many machines that poll for one store."""
