"""A recommendation as JSON, for the command line and the API alike."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from geo_ems.model.dispatch import DispatchAnswer, SceneFilled


def dispatch_mapping(answer: DispatchAnswer) -> dict[str, object]:
    """Return a recommendation as a JSON object: of one scene at the top level, of several under `incidents`."""
    head: dict[str, object] = {
        "query": dict(answer.query),
        "definition": dict(answer.definition),
        "snapshot_id": answer.snapshot_id,
        "as_of": answer.as_of,
        "data_as_of": {layer: plain(ages) for layer, ages in answer.data_as_of.items()},
    }
    scenes = [scene_mapping(scene) for scene in answer.scenes]
    body = scenes[0] if len(scenes) == 1 else {"incidents": scenes}
    return {
        **head,
        **body,
        "cover": plain(answer.cover),
        "move_ups": plain(answer.move_ups),
        "proven": answer.proven,
        "gap": answer.gap,
        "warnings": list(answer.warnings),
    }


def scene_mapping(scene: SceneFilled) -> dict[str, object]:
    """Return the recommendation for one incident."""
    return {item.name: plain(getattr(scene, item.name)) for item in fields(scene)}


def plain(value: object) -> object:
    """Return frozen values as JSON has them: their fields by name, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value
