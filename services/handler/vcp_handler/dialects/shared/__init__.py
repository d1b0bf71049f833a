"""What versions spell in the same way, since one took it from the other. A version's own spelling is its dialect's."""
