"""The Python door: what `import VSSegmentationLib as vs` offers to a notebook or a script.

Nothing is imported here: each name is defined in a file of its own, and the package hands it on when it is asked for.
"""
