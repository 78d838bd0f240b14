"""Paper specs and the verifiable draw of papers."""
