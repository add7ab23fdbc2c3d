"""Many cases: found, run on an engine, resumed, and shown on one page."""
