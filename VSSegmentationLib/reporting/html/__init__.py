"""HTML from templates, with the style sheets that are shipped beside them."""
