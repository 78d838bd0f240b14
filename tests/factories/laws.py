"""Laws in several wordings for tests, loaded from files by the real use case."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from core.actor import Actor
from question_bank.statutes.queries import version_ids
from question_bank.statutes.services import load_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from question_bank.statutes.services import LoadCounts

LAW = "借阅条例"
OLD, NEW = date(2019, 3, 1), date(2025, 10, 20)
OLD_FROM, NEW_FROM = date(2019, 5, 1), date(2127, 1, 1)
"""The new wording is in waiting by whatever clock the tests run."""
BEFORE = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SCOPE = "本条例所称借阅，是指在办公场所内查看或者借出档案。"
REGISTER = "借阅档案应当登记。借出办公场所的，应当经档案室负责人批准。"
RETURN = "借出的档案应当在十日内归还；到期需要继续使用的，可以续借一次。"
ONLINE = "电子档案通过信息系统查阅，不得自行复制和传播。"
PENALTY = "损毁、丢失档案的，由所在单位给予处分；造成损失的，依法赔偿。"
OLD_TEXTS = {"1": SCOPE, "2": REGISTER, "3": RETURN, "4": PENALTY}
NEW_TEXTS = {"1": SCOPE, "2": ONLINE, "3": REGISTER, "4": RETURN.replace("十日", "二十日")}
"""Article 1 stays, 2 moves to 3, 3 moves to 4 with another figure, 4 is gone, the new 2 is new."""


def write_law(
    folder: Path,
    version: date,
    in_force_from: date,
    texts: Mapping[str, str],
    *,
    law: str = LAW,
    **more: object,
) -> None:
    """A law file; `more` are further keys of docs/statutes-format.md."""
    folder.mkdir(exist_ok=True)
    data = {
        "title": f"示例市{law}",
        "short_title": law,
        "version": version.isoformat(),
        "effective_date": in_force_from.isoformat(),
        "articles": [{"label": label, "text": text} for label, text in texts.items()],
        **more,
    }
    path = folder / f"{law}_{version}.json"
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def load(folder: Path, *, now: datetime = BEFORE) -> LoadCounts:
    return load_folder(folder=folder, actor=Actor.command(), now=now)


def load_old(folder: Path) -> None:
    """The wording in force from 2019 on."""
    write_law(folder, OLD, OLD_FROM, OLD_TEXTS)
    load(folder)


def load_new(folder: Path) -> tuple[int, int]:
    """The wording that follows it on 2127-01-01; returns the ids of the old and the new version."""
    write_law(folder, NEW, NEW_FROM, NEW_TEXTS)
    load(folder)
    ids = version_ids([LAW])
    return ids[LAW, OLD], ids[LAW, NEW]
