"""What layers exist and what their data must look like: definitions from `layers/*.toml`, conditions, values."""
