"""Use cases: each takes a caller and a question, pins a snapshot and returns one answer."""
