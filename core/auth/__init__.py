"""Signing in: passwords, sign-in sessions kept on the server, and the throttle."""
