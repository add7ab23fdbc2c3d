"""The pictures of a report: sections through the scan with outlines, and the tumor as a solid body."""
