"""The application that servers and `flask --app wsgi` load."""

from __future__ import annotations

import gc
import sys

# What is imported stays: looking through it for garbage again and again takes a quarter of the start.
gc.disable()

from config import ConfigurationError  # noqa: E402
from exam.app import create_app  # noqa: E402

try:
    app = create_app()
except ConfigurationError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
gc.freeze()
gc.enable()
