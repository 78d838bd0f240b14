"""Sessions and the timed sitting: admission, answers, hand-in."""
