"""Files and answers in and out: reading what offices write, dressing answers as JSON, GeoJSON and CSV."""
