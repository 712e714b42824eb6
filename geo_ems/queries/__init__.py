"""Pure cores: arrays in, arrays out. No input or output, no framework; each module is imported by name."""
