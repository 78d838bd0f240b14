"""The web server that the platform carries within itself: HTTP/1.1 over TCP to one WSGI application (ADR 11).

A request is read whole, within bounds of time and size, before a thread works on it, and its answer is
written without one: no client can hold a thread by sending or by reading slowly.
"""
