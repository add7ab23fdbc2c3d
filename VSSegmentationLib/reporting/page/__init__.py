"""The pages that people read: of a report and of a comparison, as HTML and as PDF."""
