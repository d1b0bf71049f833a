"""Around the pure core: what is read, kept, committed and loaded. Knows no charger's behaviour."""
