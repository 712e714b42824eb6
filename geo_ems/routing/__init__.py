"""Roads: the network as flat arrays, what barriers do to it, searches over it. Pure: arrays in, arrays out."""
