"""The chores worker: slow work for chargers, outside their core. It keeps nothing and decides nothing."""
