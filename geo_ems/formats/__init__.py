"""Files in: bytes become raw records, with no knowledge of layers."""
