"""The report as a value: what it is made from, what it says, and in which words."""
