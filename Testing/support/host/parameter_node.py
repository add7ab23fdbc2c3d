"""A stand-in for `slicer.parameterNodeWrapper`: typed parameters of a real vtkMRMLScriptedModuleNode, bound to widgets.

Types: int, float, str, bool, pathlib.Path, enum.Enum, MRML node classes and `| None` of those. Lists, tuples,
dictionaries and parameter packs, which Slicer has too, raise here.
"""

import enum
import pathlib
import types
import typing
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import slicer
import vtk

from Testing.support.host.parameter_gui import Connector, connector_for


@dataclass(frozen=True)
class WithinRange:
    """A number between two others, both included."""

    minimum: float
    maximum: float

    def validate(self, value: Any) -> None:
        """Refuse what is outside."""
        if not self.minimum <= value <= self.maximum:
            msg = f"Value must be within range [{self.minimum}, {self.maximum}], is {value}"
            raise ValueError(msg)


@dataclass(frozen=True)
class Minimum:
    """A number not below another."""

    minimum: float

    def validate(self, value: Any) -> None:
        """Refuse what is below."""
        if value < self.minimum:
            msg = f"Value must be at least {self.minimum}, is {value}"
            raise ValueError(msg)


@dataclass(frozen=True)
class Maximum:
    """A number not above another."""

    maximum: float

    def validate(self, value: Any) -> None:
        """Refuse what is above."""
        if value > self.maximum:
            msg = f"Value must be at most {self.maximum}, is {value}"
            raise ValueError(msg)


@dataclass(frozen=True)
class Choice:
    """One of a list."""

    choices: list[Any]

    def validate(self, value: Any) -> None:
        """Refuse what is not in the list."""
        if value not in self.choices:
            msg = f"Value is {value}, but must be one of {self.choices}"
            raise ValueError(msg)


@dataclass(frozen=True)
class Default:
    """The value at first; `= value` does the same."""

    value: Any


@dataclass(frozen=True)
class Parameter:
    """One parameter: its type without `Annotated` and `| None`, and what was annotated."""

    name: str
    type: type
    annotations: tuple[Any, ...]
    default: Any

    def is_node(self) -> bool:
        """Tell whether the parameter is a reference to a MRML node."""
        return issubclass(self.type, slicer.vtkMRMLNode)

    def write(self, node: Any, value: Any) -> None:
        """Keep `value` in the node, after looking at it."""
        optional = self.is_node() or self.default is None
        wanted = (int, float) if self.type is float else self.type
        if not (value is None and optional) and not isinstance(value, wanted):
            msg = f"{self.name} must be a {self.type.__name__}, is {value!r}"
            raise TypeError(msg)
        for rule in self.annotations:
            if hasattr(rule, "validate"):
                rule.validate(value)
        if self.is_node():
            node.SetParameter(self.name, "")
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        else:
            node.SetParameter(self.name, value.name if isinstance(value, enum.Enum) else str(value))

    def read(self, node: Any) -> Any:
        """Return the value that the node keeps."""
        if self.is_node():
            return node.GetNodeReference(self.name)
        text = node.GetParameter(self.name)
        if text == "None" and self.default is None:
            return None
        if self.type is bool:
            return text == "True"
        return self.type[text] if issubclass(self.type, enum.Enum) else self.type(text)


def _parameter(name: str, hint: Any, cls: type) -> Parameter:
    annotations: tuple[Any, ...] = ()
    if typing.get_origin(hint) is typing.Annotated:
        hint, *rest = typing.get_args(hint)
        annotations = tuple(rest)
    optional = typing.get_origin(hint) in {types.UnionType, typing.Union}
    if optional:
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
    allowed = (int, float, str, bool, pathlib.PurePath, enum.Enum, slicer.vtkMRMLNode)
    if not isinstance(hint, type) or not issubclass(hint, allowed):
        msg = f"{cls.__name__}.{name}: this stand-in has no serializer for {hint}"
        raise TypeError(msg)
    declared = [one.value for one in annotations if isinstance(one, Default)]
    if hasattr(cls, name):
        default = getattr(cls, name)
    elif declared:
        default = declared[0]
    elif optional or issubclass(hint, slicer.vtkMRMLNode):
        default = None
    else:
        default = next(iter(hint)) if issubclass(hint, enum.Enum) else hint()
    return Parameter(name, hint, tuple(one for one in annotations if not isinstance(one, Default)), default)


class _Cached:
    """A value as Slicer keeps it: read when it is written through this wrapper, and when the node tells of a change.

    Whatever changes the node without telling, a removed node that it refers to among them, is not seen.
    """

    def __init__(self, parameter: Parameter, node: Any) -> None:
        self.parameter, self._node = parameter, node
        self._is_writing = False
        self.value = self._read()

    def _read(self) -> Any:
        if not self._node.HasParameter(self.parameter.name):
            self.parameter.write(self._node, self.parameter.default)
        return self.parameter.read(self._node)

    def on_modified(self) -> None:
        """Look at the node again, unless it is this very wrapper that changes it."""
        if not self._is_writing:
            self.value = self._read()

    def write(self, value: Any) -> None:
        """Write, and look at what came of it before anybody hears of it."""
        self._is_writing = True
        try:
            with slicer.util.NodeModify(self._node):
                self.parameter.write(self._node, value)
                self.value = self.parameter.read(self._node)
        finally:
            self._is_writing = False


class _Wrapper:
    """What the decorator adds to the class."""

    allParameters: dict[str, Parameter]

    def __init__(self, parameterNode: Any) -> None:
        self.parameterNode = parameterNode
        self._guis: dict[int, dict[str, Connector]] = {}
        self._updating = False
        for one in self.allParameters.values():
            if not parameterNode.HasParameter(one.name):
                one.write(parameterNode, one.default)
        self._values = {name: _Cached(one, parameterNode) for name, one in self.allParameters.items()}
        seen = weakref.ref(self)  # the observer outlives the wrapper: VTK does not bear it to be removed while it runs
        parameterNode.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: _refresh(seen()))

    def default(self, name: str) -> Default:
        """Return the value at first."""
        return Default(self._named(name).default)

    def dataType(self, name: str) -> type:
        """Return the type."""
        return self._named(name).type

    def getValue(self, name: str) -> Any:
        """Return a value by its name."""
        self._named(name)
        return self._values[name].value

    def setValue(self, name: str, value: Any) -> None:
        """Set a value by its name."""
        self._named(name)
        self._values[name].write(value)

    def _named(self, name: str) -> Parameter:
        if name not in self.allParameters:
            msg = f"Cannot find a param with the given name: {name}; there are {sorted(self.allParameters)}"
            raise ValueError(msg)
        return self.allParameters[name]

    def connectGui(self, gui: Any) -> int:
        """Bind every widget that has the dynamic property SlicerParameterName."""
        widgets = gui.findChildren(slicer.qMRMLWidget.__base__) if hasattr(gui, "findChildren") else vars(gui).values()
        names = {one.property("SlicerParameterName"): one for one in widgets if one.property("SlicerParameterName")}
        return self.connectParametersToGui(names)

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        """Bind these widgets to these parameters; return what `disconnectGui` wants."""
        connectors = {name: connector_for(widget, self._named(name)) for name, widget in mapping.items()}
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.listen(self._reader(name, connector))
        tag = max(self._guis, default=-1) + 1
        self.parameterNode.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._to_gui())
        self._guis[tag] = connectors
        return tag

    def _reader(self, name: str, connector: Connector) -> Callable[[], None]:
        def read() -> None:  # without arguments, so that it gets none of the signal's
            if not self._updating:
                with slicer.util.NodeModify(self):
                    self.setValue(name, connector.read())

        return read

    def _to_gui(self) -> None:
        if self._updating:
            return
        self._updating = True
        try:
            for connectors in list(self._guis.values()):
                for name, connector in connectors.items():
                    connector.write(self.getValue(name))
        finally:
            self._updating = False

    def disconnectGui(self, tag: int) -> None:
        """Forget the widgets of a `connectGui`; a tag that is not known is passed over, as in Slicer.

        The observer stays on the node, and keeps this wrapper alive, as in Slicer 5.10: who connects again and again
        has more and more of them.
        """
        for connector in self._guis.pop(tag, {}).values():
            connector.forget()

    def StartModify(self) -> int:
        """Hold events back."""
        return self.parameterNode.StartModify()

    def EndModify(self, before: int) -> int:
        """Let events go."""
        return self.parameterNode.EndModify(before)

    def AddObserver(self, event: Any, callback: Callable[..., object], priority: float = 0.0) -> int:
        """Observe the node."""
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        """Observe it no more."""
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        """Say that the node changed."""
        self.parameterNode.Modified()


def _refresh(wrapper: _Wrapper | None) -> None:
    for cached in () if wrapper is None else wrapper._values.values():
        cached.on_modified()


def parameterNodeWrapper(classtype: type | None = None) -> Any:
    """Make an annotated class a typed view of a parameter node; used with and without brackets."""
    if classtype is None:
        return parameterNodeWrapper
    hints = typing.get_type_hints(classtype, include_extras=True)
    parameters = {name: _parameter(name, hint, classtype) for name, hint in hints.items()}
    for name in parameters:
        read, write = (lambda self, n=name: self.getValue(n)), (lambda self, value, n=name: self.setValue(n, value))
        setattr(classtype, name, property(read, write))
    for name, what in vars(_Wrapper).items():
        if not name.startswith("__") or name == "__init__":
            if name in parameters:
                msg = f"Cannot use reserved name '{name}' in a parameterNodeWrapper"
                raise ValueError(msg)
            setattr(classtype, name, what)
    classtype.allParameters = parameters  # type: ignore[attr-defined]
    return classtype


def isParameterNodeWrapper(what: Any) -> bool:
    """Tell whether a class or object was made by the decorator."""
    return hasattr(what, "allParameters")
