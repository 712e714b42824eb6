"""Small extracts of OpenStreetMap, written by hand."""

from xml.sax.saxutils import quoteattr


class OsmText:
    """Collects nodes, ways and relations; nodes lie at (lon, lat) degrees."""

    def __init__(self, timestamp="2026-06-30T20:00:00Z"):
        self.timestamp = timestamp
        self.nodes, self.ways, self.relations = [], [], []

    def node(self, ref, lon, lat, **tags):
        self.nodes.append(f'<node id="{ref}" lon="{lon:.7f}" lat="{lat:.7f}">{_tags(tags)}</node>')
        return self

    def way(self, ref, *nodes, **tags):
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        stamp = f' timestamp="{self.timestamp}"' if self.timestamp else ""
        self.ways.append(f'<way id="{ref}" version="1"{stamp}>{refs}{_tags(tags)}</way>')
        return self

    def restriction(self, ref, kind, *members, **tags):
        """Add a relation; members are (type, id, role), such as ("way", 1, "from")."""
        listed = "".join(f'<member type="{kind_}" ref="{of}" role="{role}"/>' for kind_, of, role in members)
        own = {"type": "restriction", **({"restriction": kind} if kind else {}), **tags}
        self.relations.append(f'<relation id="{ref}">{listed}{_tags(own)}</relation>')
        return self

    @property
    def text(self):
        body = "\n".join((*self.nodes, *self.ways, *self.relations))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="by hand">\n{body}\n</osm>\n'

    def write(self, path):
        path.write_text(self.text, encoding="utf-8")
        return path


def _tags(tags):
    return "".join(f"<tag k={quoteattr(k.replace('__', ':'))} v={quoteattr(v)}/>" for k, v in tags.items())


def crossing():
    """Return a crossroads at node 5: way 1 from west (1) to east (3), way 2 from south (2) to north (4).

    A bridge (way 9, nodes 6 to 7) passes over the western arm without a node there.
    """
    return (
        OsmText()
        .node(1, 0.00, 0.01)
        .node(2, 0.01, 0.00)
        .node(3, 0.02, 0.01)
        .node(4, 0.01, 0.02)
        .node(5, 0.01, 0.01)
        .node(6, 0.005, 0.00)
        .node(7, 0.005, 0.02)
        .way(1, 1, 5, 3, highway="primary", name="Long Street", maxspeed="50")
        .way(2, 2, 5, 4, highway="residential")
        .way(9, 6, 7, highway="secondary", bridge="yes", layer="1", name="High Bridge")
    )
