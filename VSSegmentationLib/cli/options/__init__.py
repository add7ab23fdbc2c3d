"""What can be typed. Apart from what carries it out, which takes time to import: help answers at once."""
