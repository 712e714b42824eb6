"""Any sequence of creations, replacements, deletions and reopenings against a plain dict."""

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
import shapely
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from store_samples import HAZARDS, STATUS, batch_of, deletion, expecting, field, layer, open_store

from geo_ems.errors import ConflictError, NotFoundError
from geo_ems.model.definitions import ChildDefinition, FieldType, GeometryKind
from geo_ems.model.features import ChangeKind, Feature
from geo_ems.model.labels import Label

THINGS = layer(
    "things",
    field("name"),
    field("amount", FieldType.INTEGER),
    field("size_m", FieldType.REAL),
    field("status", FieldType.CODE, codes=STATUS),
    field("hazards", FieldType.CODES, codes=HAZARDS),
    geometry=(GeometryKind.POINT, GeometryKind.POLYGON),
    children={"parts": ChildDefinition("parts", Label("件", "parts"), {"part": field("part")})},
)
NAMES = st.sampled_from(["a", "b", "村一", "D-4", "e.5"])
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=8)
LONGITUDES, LATITUDES = st.floats(-180, 180), st.floats(-90, 90)
POINTS = st.builds(shapely.Point, LONGITUDES, LATITUDES)
BOXES = st.builds(lambda lon, lat: shapely.box(lon, lat, lon + 1, lat + 1), st.floats(-179, 178), st.floats(-89, 88))
PROPERTIES = st.fixed_dictionaries(
    {
        "name": st.none() | TEXTS,
        "amount": st.none() | st.integers(-(2**53), 2**53),
        "size_m": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "status": st.none() | st.sampled_from(list(STATUS)),
        "hazards": st.none() | st.sets(st.sampled_from(list(HAZARDS))).map(lambda codes: tuple(sorted(codes))),
    }
)
PARTS = st.lists(st.fixed_dictionaries({"part": st.none() | TEXTS}), max_size=3).map(tuple)
CONTENTS = st.tuples(st.none() | POINTS | BOXES, PROPERTIES, PARTS)


class StoreAgainstDict(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "s.gpkg"
        self.expected: dict[str, Feature] = {}
        self.seq = 1

    @initialize(bulk=st.booleans())
    def open(self, bulk):
        self.bulk = bulk
        self.store = open_store(self.path, THINGS)

    def teardown(self):
        self.store.close()
        shutil.rmtree(self.folder)

    def send(self, batch):
        self.seq += 1
        commit = self.store.commit(batch)
        assert commit.seq == self.seq
        for change in batch.changes:
            self.expected.pop(change.id, None)
            if change.feature is not None:
                assert commit.revs[change.id] == self.seq
                self.expected[change.id] = (change.feature, self.seq)

    def feature(self, name, content):
        geometry, properties, parts = content
        return Feature(name, geometry, properties, {"parts": parts})

    @rule(name=NAMES, content=CONTENTS)
    def create(self, name, content):
        batch = batch_of("things", self.feature(name, content), kind=ChangeKind.CREATE, bulk=self.bulk)
        if name in self.expected:
            with pytest.raises(ConflictError):
                self.store.commit(batch)
        else:
            self.send(batch)

    @rule(name=NAMES, content=CONTENTS)
    def replace(self, name, content):
        batch = batch_of("things", self.feature(name, content), kind=ChangeKind.REPLACE, bulk=self.bulk)
        if name not in self.expected:
            with pytest.raises(NotFoundError):
                self.store.commit(batch)
        else:
            self.send(expecting(batch, self.expected[name][1]))

    @rule(name=NAMES)
    def delete(self, name):
        if name not in self.expected:
            with pytest.raises(NotFoundError):
                self.store.commit(deletion("things", name))
        else:
            self.send(deletion("things", name))

    @rule(contents=st.dictionaries(NAMES, CONTENTS, min_size=1))
    def upsert_several(self, contents):
        features = [self.feature(name, content) for name, content in contents.items()]
        self.send(batch_of("things", *features, bulk=self.bulk))

    @precondition(lambda self: self.expected)
    @rule()
    def reopen(self):
        self.store.close()
        self.store = open_store(self.path)

    @invariant()
    def holds_what_was_stored(self):
        if not hasattr(self, "store"):
            return
        read = self.store.read_rows("things", sorted(self.expected))
        columns = self.store.read_columns("things")
        assert columns.ids.tolist() == sorted(self.expected)
        for index, feature in enumerate(read):
            stored, rev = self.expected[feature.id]
            assert feature.rev == columns.revs[index] == rev
            assert feature.properties == stored.properties
            assert feature.children == stored.children
            assert feature.geometry == stored.geometry
            assert columns.geometries[index] == stored.geometry

    @invariant()
    def is_whole(self):
        if hasattr(self, "store"):
            assert self.store.integrity_faults() == ()
            assert self.store.poison_rows() == ()
            assert self.store.notice_foreign_edits() == ()
            assert self.store.describe().seq == self.seq


TestStoreAgainstDict = StoreAgainstDict.TestCase
TestStoreAgainstDict.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
