"""Plain arguments of `nearest` are read without the library of the command line, and mean the same as with it."""

import dataclasses
import subprocess
import sys

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.cli import query_commands
from geo_ems.cli.main import build_cli
from geo_ems.cli.nearest_question import NearestArguments
from geo_ems.cli.quick_arguments import FLAGS, LISTS, NUMBERS, TEXTS, WHOLE_NUMBERS, plain_nearest

OPTIONS = (*TEXTS, *WHOLE_NUMBERS, *NUMBERS, *LISTS, *FLAGS)
WORDS = st.lists(
    st.one_of(
        st.sampled_from([*OPTIONS, "--he", "-h", "--", "-k", "--k=5", "--where=a=b", "--ignore-hazards=1", "--at="]),
        st.sampled_from(["shelters", "113,23", "-113,23", "5", "05", "1.5", "1_0", "٣", "1e3", " 5", "inf", "", "a=b"]),
    ),
    max_size=6,
)


def as_the_library_reads(words: list[str], monkeypatch: pytest.MonkeyPatch) -> NearestArguments | None:
    """Return what the command gets from the library; None where it refuses, or helps."""
    got: list[NearestArguments] = []
    monkeypatch.setattr(query_commands, "answer_question", got.append)
    command = typer.main.get_command(build_cli())
    try:
        command(args=["nearest", *words], standalone_mode=False, prog_name="geo-ems")
    except Exception as error:
        if not hasattr(error, "show"):
            raise
    return got[0] if got else None


@given(words=WORDS)
def test_what_is_read_quickly_is_what_the_library_reads(words: list[str]) -> None:
    quick = plain_nearest(["nearest", *words])
    if quick is not None:
        with pytest.MonkeyPatch.context() as patch:
            assert as_the_library_reads(words, patch) == quick


def test_every_option_of_the_command_is_read_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["shelters"]
    for option in (*TEXTS, *LISTS):
        words += [option, "x"]
    for option in (*WHOLE_NUMBERS, *NUMBERS):
        words += [option, "7"]
    words += FLAGS
    quick = plain_nearest(["nearest", *words])
    assert quick == as_the_library_reads(words, monkeypatch)
    assert quick is not None
    unset = [field.name for field in dataclasses.fields(quick) if getattr(quick, field.name) == field.default]
    assert unset == []  # an option added to the command is added to the tables


def test_defaults_are_those_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert as_the_library_reads(["shelters"], monkeypatch) == NearestArguments("shelters")


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        [],
        ["a", "b"],
        ["a", "--at"],
        ["a", "--at", "-1,2"],
        ["a", "--k", "x"],
        ["a", "--no"],
        ["a", "--k", "1", "--k", "2"],
    ],
)
def test_what_is_in_doubt_is_left_to_the_library(words: list[str]) -> None:
    assert plain_nearest(["nearest", *words]) is None
    assert plain_nearest(["coverage", *words]) is None


def test_help_still_names_every_command_and_refusals_keep_their_codes() -> None:
    def ended(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "geo_ems.cli.main", *words], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, said = ended("--help")
    assert code == 0
    assert {"nearest", "coverage", "import", "serve", "map"} <= set(said.split())
    assert ended("nearest", "shelters", "--metric", "fastest")[0] == 2
    assert ended("nearest", "shelters", "--nothing")[0] == 2
