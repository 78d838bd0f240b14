"""A book of laws and ways to read made-up files, for the tests of formats: no database is needed."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from question_bank.statutes.rules import KnownVersion
from question_bank.transfer.laws import LawBook, plain_name

OLD, NEW = date(2017, 9, 1), date(2021, 1, 22)


def make_book() -> LawBook:
    versions = [
        KnownVersion("行政处罚法", OLD, date(2018, 1, 1), date(2021, 7, 15), 64),
        KnownVersion("行政处罚法", NEW, date(2021, 7, 15), None, 86),
        KnownVersion("行政许可法", date(2019, 4, 23), date(2019, 4, 23), None, 83),
        KnownVersion("旧条例", date(2000, 1, 1), date(2000, 1, 1), date(2010, 1, 1), 20),
    ]
    titles = {law: f"中华人民共和国{law}" for law in ("行政处罚法", "行政许可法")} | {"旧条例": "旧条例"}
    names = {plain_name(name): law for law, title in titles.items() for name in (law, title)}
    on = date(2026, 11, 24)
    present = {version.law: version.version for version in versions if version.in_force(on)}
    return LawBook(names, present, {(v.law, v.version): v for v in versions}, on)


BOOK = make_book()


@pytest.fixture
def book() -> LawBook:
    return BOOK


def workbook(*sheets: list[list[object]]) -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = made.create_sheet(f"题{number}")
        for row in rows:
            sheet.append(row)
    return made


def saved(made: openpyxl.Workbook) -> io.BytesIO:
    stream = io.BytesIO()
    made.save(stream)
    stream.seek(0)
    return stream
