from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from core.jobs.models import Job


class Outcome(StrEnum):
    """What becomes of a row: taken, refused for its problems, or left out because the question is there."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class ImportJob(Job):
    """An import from a page. The uploaded file lies in the instance folder until it has been read.

    `accepted`, `rejected`, `duplicates` count what was read; when the job is done, `accepted` is what became
    drafts. `for_practice`: its items are not kept for sessions. `remarks` are on the file as a whole. `format` is
    the one that was chosen, or found in the file; "" until then.
    """

    __tablename__ = "import_job"

    file_name: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(20))
    without_law: Mapped[bool]
    without_explanation: Mapped[bool]
    for_practice: Mapped[bool] = mapped_column(default=False, server_default=false())
    partial: Mapped[bool] = mapped_column(default=False)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    warned: Mapped[int] = mapped_column(default=0)
    remarks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    @property
    def read(self) -> int:
        """How many items the file holds."""
        return self.accepted + self.rejected + self.duplicates


class ImportRow(Base):
    """An item of an uploaded file: as it was understood (`entry`, our JSON) and as it stood there (`cells`)."""

    __tablename__ = "import_row"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[Outcome]
    noted: Mapped[bool]
    code: Mapped[str] = mapped_column(String(40))
    reserved: Mapped[bool]
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    warnings: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    entry: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    sheet: Mapped[str] = mapped_column(String(100))
    heading: Mapped[list[str]] = mapped_column(JSON)
    cells: Mapped[list[str]] = mapped_column(JSON)


class ExportJob(Job):
    """An export from a page. `file` is kept for a day and holds keys; `items` were written so far.

    `law`, `type` and `item_state` are the criteria, "" for any. `losses` tell what the format could not carry.
    """

    __tablename__ = "export_job"

    format: Mapped[str] = mapped_column(String(20))
    law: Mapped[str] = mapped_column(String(200), default="")
    type: Mapped[str] = mapped_column(String(32), default="")
    item_state: Mapped[str] = mapped_column(String(32), default="")
    items: Mapped[int] = mapped_column(default=0)
    losses: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    file: Mapped[bytes | None] = mapped_column(deferred=True)
