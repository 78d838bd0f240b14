"""The question bank: statutes, items, their review; knows nothing of exams."""
