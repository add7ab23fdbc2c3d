"""What carries a command out: it reads, calls the rooms below, writes, and says how it ended."""
