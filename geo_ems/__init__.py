"""geo_ems: hazard and resource mapping for local emergency offices."""

__version__ = "0.1.0"
