"""Partitions, ownership, reading and committing on Redis streams. Knows no word's meaning and no service."""
