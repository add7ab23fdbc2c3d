"""A host for scripted modules of 3D Slicer where no Slicer is: real MRML and views, Qt through PySide6.

What is real and what stands in is told in `docs/testing_the_module.md`.
"""

from Testing.support.host import offscreen

offscreen.prepare()  # before anything here imports Qt or VTK
