"""Pure geometry and selection: arrays in, arrays out; no files, no network, no framework."""
