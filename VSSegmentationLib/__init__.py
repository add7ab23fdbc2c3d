"""Segment, measure and report vestibular schwannomas on MRI. For research use only; not a medical device."""

__version__ = "0.1.0"
