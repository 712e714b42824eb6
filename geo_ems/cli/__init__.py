"""The command line: parses, calls a service, shapes the answer."""
