"""What each serving process loads: the application, and beside it the closing sweep and long work.

Nothing else imports this module: commands and tests have no background threads.
"""

from __future__ import annotations

from exam.serving import start_long_work, start_sweep
from wsgi import app as app

start_sweep(app)
start_long_work(app)
