"""The HTTP door: FastAPI, strict at the boundary; it parses, calls a service and dresses the answer."""
