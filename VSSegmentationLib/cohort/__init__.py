"""Many cases: which labelmaps belong together, statistics over them, tables and figures."""
