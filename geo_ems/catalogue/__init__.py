"""Layer definitions (layers/*.toml), checking values against them, and live snapshots of the layers."""
