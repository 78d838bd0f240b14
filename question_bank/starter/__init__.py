"""The bank that ships, as data: items, the laws that they cite, and the second readers' verdicts."""
