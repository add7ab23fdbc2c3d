"""What a study folder tells of its cohort: tables for programs, one page for people."""
