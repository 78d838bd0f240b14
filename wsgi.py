"""The application that servers and `flask --app wsgi` load."""

from __future__ import annotations

import sys

from config import ConfigurationError
from exam.app import create_app

try:
    app = create_app()
except ConfigurationError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
