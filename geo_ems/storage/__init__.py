"""The truth on disk: a GeoPackage through apsw. Only this package knows SQL."""
