"""Reports and comparisons for machines: JSON with its schemas, and CSV."""
