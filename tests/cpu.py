"""What the suite costs: processor time of this process and of those that it waited for, not the time on the wall.

`--cpu` prints the ten dearest tests and each room's share, summed over the workers. `--cpu-limit` fails the run when
the whole costs more than `MOST_SECONDS`, as a machine counts on which `reference_work` takes `REFERENCE_SECONDS`: a
slower machine takes longer for both. Raise the number knowingly, in a commit that says what it buys.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_SECONDS = 850
"""What 4,800 tests took on a busy machine (710), and a fifth more. The aim is 360: the browser and the demo's loads come first."""
REFERENCE_SECONDS = 0.025
SHOWN = 10
ROUNDS = 5
OUTSIDE = "start, collection, fixtures of the run"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cpu")
    group.addoption("--cpu", action="store_true", help="print what the tests cost in processor time")
    group.addoption("--cpu-limit", action="store_true", help="fail when they cost more than the limit")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("cpu") or config.getoption("cpu_limit"):
        config.pluginmanager.register(CpuReport(config), "cpu-report")


def spent() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def reference_work() -> float:
    """Seconds of processor time for a fixed piece of work much like the suite's: strings, tuples, dictionaries."""
    begun = time.process_time()
    counted: Counter[tuple[str, int]] = Counter()
    for number in range(20_000):
        counted[str(number % 997), number % 31] += number
    sorted(counted.items())
    return time.process_time() - begun


def room(nodeid: str) -> str:
    """The folder of a test below tests/: exam/sittings, browser."""
    return nodeid.partition("::")[0].removeprefix("tests/").rpartition("/")[0] or "tests"


def scaled(seconds: float, reference: float) -> float:
    """The seconds that a machine would count on which the reference work takes `REFERENCE_SECONDS`."""
    return seconds * REFERENCE_SECONDS / reference


def report(tests: Mapping[str, float], total: float) -> list[str]:
    """The dearest tests, then each room's share of the total."""
    rooms = Counter({OUTSIDE: max(0.0, total - sum(tests.values()))})
    for nodeid, seconds in tests.items():
        rooms[room(nodeid)] += seconds
    dearest = sorted(tests.items(), key=lambda each: (-each[1], each[0]))[:SHOWN]
    return [
        *(f"{seconds:7.2f} s  {nodeid}" for nodeid, seconds in dearest),
        "",
        *(f"{seconds:7.1f} s  {seconds / total:4.0%}  {name}" for name, seconds in rooms.most_common()),
    ]


class CpuReport:
    """Gathers in each worker, adds up where the run is led from."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._tests: dict[str, float] = {}
        self._others = 0.0
        self._references = [reference_work() for _ in range(ROUNDS)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        begun = spent()
        try:
            return (yield)
        finally:
            self._tests[item.nodeid] = spent() - begun

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._references += [reference_work() for _ in range(ROUNDS)]
        handed = getattr(self._config, "workeroutput", None)
        if handed is not None:
            handed["cpu"] = (self._tests, spent(), self._references)
        elif self._config.getoption("cpu_limit") and self._scaled > MOST_SECONDS and not session.testsfailed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        tests, total, references = getattr(node, "workeroutput", {}).get("cpu", ({}, 0.0, []))
        self._tests |= tests
        self._others += total
        self._references += references

    @property
    def _total(self) -> float:
        # The workers have counted themselves; whoever leads them may have waited for them or not.
        return time.process_time() + self._others if self._others else spent()

    @property
    def _scaled(self) -> float:
        return scaled(self._total, median(self._references))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        write = terminalreporter.write_line
        terminalreporter.section("processor time")
        for line in report(self._tests, self._total):
            write(line)
        write(
            f"{self._total:7.1f} s  in all; {self._scaled:.0f} s by the reference machine, "
            f"{MOST_SECONDS} s allowed (tests/cpu.py)"
        )
        seed = self._config.getoption("randomly_seed", None)
        if seed is not None:
            write(f"the order comes again with -p randomly --randomly-seed={seed}")
        if self._config.getoption("cpu_limit") and self._scaled > MOST_SECONDS:
            terminalreporter.write_line(
                f"The suite costs more than MOST_SECONDS in tests/cpu.py: {self._scaled:.0f} s.", red=True
            )
