"""What the charger does with each message: one file per functional block, plain functions."""
