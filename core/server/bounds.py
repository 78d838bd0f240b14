"""How long a client may take and how much it may send: what keeps one client from harming the others."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds and bytes. A connection that oversteps one is answered where that helps, and closed."""

    head_seconds: float = 10.0
    """From the first byte of a request, or from the connection, to the end of its headers."""
    body_seconds: float = 10.0
    """Without a byte of the body; and for the whole body, beside the time that its size is granted."""
    slowest: int = 8 * KIB
    """Bytes a second at which a body must come on the whole, once `body_seconds` are over."""
    idle_seconds: float = 75.0
    """Between two requests of a connection: a candidate's page saves or asks every fifteen seconds."""
    unread_seconds: float = 20.0
    """Without the client reading any more of its answer."""
    head_bytes: int = 32 * KIB
    body_bytes: int = 8 * MIB
    small_body: int = 64 * KIB
    """A body up to this size, such as a save, is always taken."""
    held_bytes: int = 128 * MIB
    """Of all larger bodies and all unread answers of a process together; beyond it they are refused."""
    connections: int = 16384
