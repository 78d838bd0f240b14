"""May this person be proposed on that day, and why: facts and a day in, a decision out."""
