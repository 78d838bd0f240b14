"""Server CPU per operation, measured as ratios in one interleaved run. See docs/performance.md."""
