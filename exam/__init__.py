"""Examinations: policies, papers, sittings, results, certificates, eligibility, reports."""
