"""Scenarios: YAML files that say what a charge point does and what its backend must answer."""
