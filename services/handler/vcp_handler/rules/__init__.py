"""What becomes of messages that match a rule: pure but for the clock it is given. Knows no action and no version."""
