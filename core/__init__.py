"""The ground on which the question bank and the exams stand; imports neither."""
