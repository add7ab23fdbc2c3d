"""Damaged inputs for every reader: made from sound ones by a seed, read in another process, judged by an oracle."""
