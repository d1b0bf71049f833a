"""The charger: its facts, its queue of actions, its judgement. Knows no socket, no payload, no version."""
