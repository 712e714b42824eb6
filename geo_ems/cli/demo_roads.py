"""The demonstration's bridge: the one most teams cross is closed, and the same question is asked again."""

from collections import Counter
from dataclasses import replace

from rich.text import Text

from geo_ems.bootstrap import Application
from geo_ems.cli.arrival_tables import duration_text
from geo_ems.cli.tables import simple_table, terminal
from geo_ems.model.answers import NearestAnswer, RankedFeature
from geo_ems.model.caller import LOCAL
from geo_ems.model.labels import Language
from geo_ems.model.roads import Policy
from geo_ems.services.barrier_question import DrawnBarrier, PolicySaid
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import NearestQuestion
from geo_ems.services.words import say


def ask(application: Application, question: NearestQuestion) -> NearestAnswer:
    """Ask for the nearest on the demonstration's roads."""
    project = application.project
    return nearest(
        application.snapshots,
        question,
        caller=LOCAL,
        defaults=project.defaults,
        zone=project.zone,
        clock=application.clock,
        roads=application.roads,
    )


def bridge_on_the_way(application: Application, answer: NearestAnswer) -> tuple[str, str] | None:
    """Return the id and the name of the bridge that most ways of an answer cross; None where they cross none."""
    roads = application.snapshots.pin(["roads"]).layer("roads").columns
    column = roads.columns["bridge"]
    is_bridge = {str(road_id) for road_id in roads.ids[column.known & (column.values == 1)]}
    crossed: Counter[tuple[str, str]] = Counter()
    for row in answer.results:
        route = row.arrival.route if row.arrival is not None else None
        for turn in route.turns if route is not None else ():
            if turn.road_id in is_bridge:
                crossed[turn.road_id, turn.road or turn.road_id] += 1
    return min(crossed, key=lambda bridge: (-crossed[bridge], bridge)) if crossed else None


def print_bridge_closed(
    application: Application, question: NearestQuestion, before: NearestAnswer, bridge: tuple[str, str]
) -> None:
    """Ask again with the bridge closed, for this question alone, and print what changes; changed rows are marked."""
    road_id, name = bridge
    closed = DrawnBarrier("demo-bridge", None, PolicySaid(Policy.CLOSED), road_id=road_id, name=name)
    after = ask(application, replace(question, drawn_barriers=(closed,)))
    language = question.language
    formerly = {row.id: row for row in before.results}
    heads = [
        say(language, *pair)
        for pair in (
            ("", ""),
            ("名次", "rank"),
            ("名称", "name"),
            ("到达", "arrival"),
            ("原先", "before"),
            ("绕开", "goes round"),
        )
    ]
    rows = [_changed_row(row, formerly.get(row.id), language) for row in after.results]
    terminal().print(simple_table(heads, rows))
    gone = [row for row in before.results if row.id not in {now.id for now in after.results}]
    for row in gone:
        text = say(language, f"不再列入: {_named(row, language)}", f"no longer listed: {_named(row, language)}")
        terminal().print(Text(f"  {text} ({duration_text(_total_s(row), language)})"))


def _changed_row(row: RankedFeature, former: RankedFeature | None, language: Language) -> list[str]:
    same = former is not None and former.rank == row.rank and _total_s(former) == _total_s(row)
    was = say(language, "未列入", "not listed")
    if former is not None:
        was = f"{former.rank}: {duration_text(_total_s(former), language)}"
    round_ = row.arrival.goes_round if row.arrival is not None else ()
    named = ", ".join(dict.fromkeys(barrier.road or barrier.name or barrier.id for barrier in round_))
    mark, arrival = "" if same else "*", duration_text(_total_s(row), language)
    return [mark, str(row.rank), _named(row, language), arrival, was, named]


def _total_s(row: RankedFeature) -> float | None:
    return None if row.arrival is None else row.arrival.total_s


def _named(row: RankedFeature, language: Language) -> str:
    return (row.name_en if language == "en" else None) or row.name or row.id
