"""The application for an ASGI server: `uvicorn --factory --http h11 api.main:app`."""

from geo_ems.web.asgi import app_from_environment as app

__all__ = ["app"]
