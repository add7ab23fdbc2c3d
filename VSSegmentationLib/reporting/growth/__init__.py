"""A comparison of examinations as a value with its words, curve and pictures."""
