"""What is measured of a vestibular schwannoma: its definitions, plane, headline rules, grades and warnings."""
