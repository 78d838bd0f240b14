"""What each serving process loads: the application, and beside it the closing sweep.

Nothing else imports this module: commands and tests have no sweep.
"""

from __future__ import annotations

from exam.serving import start_sweep
from wsgi import app as app

start_sweep(app)
