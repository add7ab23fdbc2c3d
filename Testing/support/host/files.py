"""A stand-in for `slicer.app.coreIOManager()`, through which `slicer.util` loads, saves and exports.

The logics that read and the storage nodes that write are real.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from PySide6 import QtCore

from Testing.support.host.standin import state

_BY_SUFFIX = {
    ".mrb": "SceneFile",
    ".mrml": "SceneFile",
    ".seg.nrrd": "SegmentationFile",
    ".mrk.json": "MarkupsFile",
    ".vtk": "ModelFile",
    ".vtp": "ModelFile",
    ".stl": "ModelFile",
    ".csv": "TableFile",
    ".tsv": "TableFile",
    ".h5": "TransformFile",
    ".tfm": "TransformFile",
    ".txt": "TextFile",
}
_WRITERS = {
    "vtkMRMLVolumeNode": "VolumeFile",
    "vtkMRMLSegmentationNode": "SegmentationFile",
    "vtkMRMLMarkupsNode": "MarkupsFile",
    "vtkMRMLModelNode": "ModelFile",
    "vtkMRMLTableNode": "TableFile",
    "vtkMRMLTransformNode": "TransformFile",
    "vtkMRMLTextNode": "TextFile",
}


class qSlicerCoreIOManager(QtCore.QObject):
    """Reads and writes nodes and scenes."""

    cxx_file: ClassVar = "Slicer/Base/QTCore/qSlicerCoreIOManager.h"

    def __init__(self, scene: Any) -> None:
        super().__init__()
        logics = scene.logics
        state(self).update(scene=scene)
        state(self)["readers"] = {
            "VolumeFile": _volume_reader(logics["Volumes"]),
            "SegmentationFile": lambda path, _: logics["Segmentations"].LoadSegmentationFromFile(path),
            "MarkupsFile": lambda path, _: scene.mrml.GetNodeByID(logics["Markups"].LoadMarkups(path)),
            "ModelFile": lambda path, _: logics["Models"].AddModel(path),
            "TableFile": lambda path, _: logics["Tables"].AddTable(path),
            "TransformFile": lambda path, _: logics["Transforms"].AddTransform(path, scene.mrml),
        }

    def fileType(self, path: str) -> str:
        """Return the type that fits the file's name best."""
        name = Path(str(path)).name.lower()
        fitting = [suffix for suffix in _BY_SUFFIX if name.endswith(suffix)]
        return _BY_SUFFIX[max(fitting, key=len)] if fitting else "VolumeFile"

    def openAddDataDialog(self) -> bool:
        """Return whether files were chosen in a dialog; there is none here."""
        return False

    def loadNodes(self, file_type: str, properties: dict[str, Any], loaded: Any = None, _messages: Any = None) -> bool:
        """Read a file into the scene; return whether that went well."""
        path, mrml = properties["fileName"], state(self)["scene"].mrml
        if file_type == "SceneFile":
            return self._load_scene(path, clear=properties.get("clear", False))
        node = state(self)["readers"][file_type](path, properties)
        if node is None:
            return False
        if properties.get("name") and file_type != "VolumeFile":  # the reader of volumes takes the name itself
            node.SetName(mrml.GetUniqueNameByString(properties["name"]))
        if loaded is not None:
            loaded.AddItem(node)
        return True

    def _load_scene(self, path: str, *, clear: bool) -> bool:
        mrml = state(self)["scene"].mrml
        if path.endswith(".mrb"):
            return bool(mrml.ReadFromMRB(path, clear))
        mrml.SetURL(path)
        return bool(mrml.Connect() if clear else mrml.Import())

    def saveNodes(self, _file_type: str, properties: dict[str, Any], _messages: Any = None) -> bool:
        """Write the scene, or one node with its own storage."""
        path, mrml = str(properties["fileName"]), state(self)["scene"].mrml
        if "nodeID" not in properties:
            if path.endswith(".mrb"):
                return bool(mrml.WriteToMRB(path))
            mrml.SetRootDirectory(str(Path(path).parent))
            return bool(mrml.Commit(path))
        node = mrml.GetNodeByID(properties["nodeID"])
        node.AddDefaultStorageNode(path)
        node.GetStorageNode().SetFileName(path)
        return bool(node.GetStorageNode().WriteData(node))

    def exportNodes(
        self, ids: list[str], paths: list[str], properties: dict[str, Any], harden: bool = False, _messages: Any = None
    ) -> bool:
        """Write nodes to files without touching their own storage."""
        if harden:
            msg = "exporting in world coordinates is not part of this host"
            raise NotImplementedError(msg)
        mrml = state(self)["scene"].mrml
        done = True
        for node_id, path in zip(ids, paths, strict=True):
            node = mrml.GetNodeByID(node_id)
            storage = _storage(node)
            storage.SetFileName(str(path))
            storage.SetUseCompression(int(properties.get("useCompression", True)))
            done = bool(storage.WriteData(node)) and done
        return done

    def extractKnownExtension(self, path: str, node: Any) -> str:
        """Return the ending of `path` that this kind of node can be written with."""
        return _storage(node).GetSupportedFileExtension(str(path))

    def fileWriterExtensions(self, node: Any) -> tuple[str, ...]:
        """Return the formats that this kind of node can be written in, such as `NRRD (.nrrd)`."""
        types = _storage(node).GetSupportedWriteFileTypes()
        return tuple(types.GetValue(index) for index in range(types.GetNumberOfValues()))

    def fileWriterFileType(self, node: Any) -> str:
        """Return the type of file that this kind of node is written to."""
        return next(kind for cls, kind in _WRITERS.items() if node.IsA(cls))


def _storage(node: Any) -> Any:
    storage = node.CreateDefaultStorageNode()
    storage.UnRegister(None)
    storage.SetScene(node.GetScene())  # without it the storage knows no file types
    return storage


def _volume_reader(logic: Any) -> Callable[[str, dict[str, Any]], Any]:
    def read(path: str, properties: dict[str, Any]) -> Any:
        name = properties.get("name") or Path(path).name.partition(".")[0]
        return logic.AddArchetypeVolume(path, name, 1 if properties.get("labelmap") else 0)

    return read


def temporary_folder() -> str:
    """Return a folder for what the application writes on its own."""
    return tempfile.mkdtemp(prefix="slicer_host_")
