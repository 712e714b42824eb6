"""Frozen values that every other package speaks in: definitions, features, conditions, answers."""
