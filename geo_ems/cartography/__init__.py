"""Answers and definitions to maps: it is handed values, and never reads the store."""
