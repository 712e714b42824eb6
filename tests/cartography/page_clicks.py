"""Clicks on the map by longitude and latitude."""


def click_at(page, lon, lat):
    """Click the map where a place is drawn, found from the numbers under the mouse."""
    box = page.locator("#map").bounding_box()
    readings = []
    for share in (0.25, 0.75):
        x, y = box["x"] + box["width"] * share, box["y"] + box["height"] * share
        page.mouse.move(x, y)
        east, north = page.text_content("#readout").split()
        readings.append((x, y, float(east[:-2]), float(north[:-2])))
    (x0, y0, e0, n0), (x1, y1, e1, n1) = readings
    page.mouse.click(x0 + (lon - e0) / (e1 - e0) * (x1 - x0), y0 + (lat - n0) / (n1 - n0) * (y1 - y0))
