"""Recorded sessions played again: read, planned, played, compared."""
