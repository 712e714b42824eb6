"""A browser for the tests of the page."""

from pathlib import Path

import pytest
from needed_components import skip_or_fail

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        skip_or_fail(f"there is no {CHROMIUM}")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser):
    """Return a function that opens an address and holds what it asked for, said and refused."""
    contexts = []

    def opened(address: str, *, width: int = 1440, height: int = 900):
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.set_default_timeout(8000)
        page.goto(address)
        page.wait_for_selector("html[data-ready=yes]")
        return page

    yield opened
    for context in contexts:
        context.close()
