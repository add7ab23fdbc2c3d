"""Stand-ins for the CTK widgets that scripted modules use most."""

from typing import Any, ClassVar

from PySide6 import QtCore, QtGui, QtWidgets

from Testing.support.host.standin import qt_property, state

_STEPS = 1000  # of the slider inside a ctkSliderWidget


_EXPLICIT = QtCore.Qt.WidgetAttribute.WA_WState_ExplicitShowHide
_CREATED = QtCore.Qt.WidgetAttribute.WA_WState_Created


class _Folding:
    """Hides the children of a folded box and shows them again, but not those that a program hid itself, as CTK does.

    A program may hide and show them while the box is folded: what it wanted is seen once the box is opened.
    """

    def childEvent(self, event: QtCore.QChildEvent) -> None:
        """Watch a new child."""
        if event.added() and event.child().isWidgetType():
            event.child().installEventFilter(self)

    def eventFilter(self, child: QtCore.QObject, event: QtCore.QEvent) -> bool:
        """Note what a program wants a child to be."""
        kind = event.type()
        if kind in (event.Type.ShowToParent, event.Type.HideToParent) and not state(self).get("forcing"):
            child.setProperty("visibilityToParent", kind == event.Type.ShowToParent)
            if kind == event.Type.ShowToParent:
                self._fold_child(child)
        return False

    def _fold(self) -> None:
        for child in self.children():
            if child.isWidgetType():
                self._fold_child(child)

    def _fold_child(self, child: QtWidgets.QWidget) -> None:
        if not self.testAttribute(_CREATED):
            return
        state(self)["forcing"] = True
        wanted = child.property("visibilityToParent") is not False
        child.setVisible(wanted and not self._collapsed())
        if wanted:
            child.setAttribute(_EXPLICIT, False)  # nobody has asked for it, so that a program may still hide it
        state(self)["forcing"] = False

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        """Hide what came in while the box was folded: .ui files fold it before they fill it."""
        if not state(self).get("created"):
            state(self)["created"] = True
            self._fold()
        super().showEvent(event)


class ctkCollapsibleButton(_Folding, QtWidgets.QAbstractButton):
    """A header with a text; a click on it shows or hides what is inside."""

    cxx_file: ClassVar = "CTK/Libs/Widgets/ctkCollapsibleButton.h"
    contentsCollapsed = QtCore.Signal(bool)

    def __init__(self, *arguments: Any) -> None:
        parent = arguments[-1] if arguments and not isinstance(arguments[-1], str) else None
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(True)
        if arguments and isinstance(arguments[0], str):
            self.setText(arguments[0])
        policy = QtWidgets.QSizePolicy.Policy  # as CTK's: a button's own would be as low as its size hint
        self.setSizePolicy(policy.Minimum, policy.Preferred)
        self.setContentsMargins(0, self._header_height(), 0, 0)
        self.connect("toggled(bool)", self._apply)

    def _header_height(self) -> int:
        return self.fontMetrics().height() + 12

    def _collapsed(self) -> bool:
        return not self.isChecked()

    def _set_collapsed(self, collapsed: bool) -> None:
        self.setChecked(not collapsed)

    collapsed = QtCore.Property(bool, _collapsed, _set_collapsed)

    def _apply(self, expanded: bool) -> None:
        self._fold()
        self.setMaximumHeight(16777215 if expanded else self._header_height())
        self.updateGeometry()
        self.contentsCollapsed.emit(not expanded)

    def hitButton(self, position: QtCore.QPoint) -> bool:
        return position.y() < self._header_height()

    def sizeHint(self) -> QtCore.QSize:
        return self._size(self.layout().totalSizeHint() if self.layout() else QtCore.QSize())

    def minimumSizeHint(self) -> QtCore.QSize:
        return self._size(self.layout().totalMinimumSize() if self.layout() else QtCore.QSize())

    def _size(self, inside: QtCore.QSize) -> QtCore.QSize:
        if self._collapsed():
            inside = QtCore.QSize(0, 0)
        width = self.fontMetrics().horizontalAdvance(self.property("text")) + 40
        return QtCore.QSize(max(width, inside.width()), max(self._header_height(), inside.height()))

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter, header = QtGui.QPainter(self), QtCore.QRect(0, 0, self.property("width"), self._header_height())
        look = self.palette
        painter.fillRect(header, look.brush(QtGui.QPalette.ColorRole.Midlight))
        arrow = "\u25be" if self.isChecked() else "\u25b8"
        painter.setPen(look.color(QtGui.QPalette.ColorRole.ButtonText))
        text = header.adjusted(6, 0, -6, 0)
        painter.drawText(text, QtCore.Qt.AlignmentFlag.AlignVCenter, f"{arrow}  {self.property('text')}")
        painter.end()


class ctkCollapsibleGroupBox(_Folding, QtWidgets.QGroupBox):
    """A group box whose check mark shows or hides what is inside."""

    cxx_file: ClassVar = "CTK/Libs/Widgets/ctkCollapsibleGroupBox.h"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setCheckable(True)
        self.connect("toggled(bool)", self._apply)

    def _apply(self, expanded: bool) -> None:
        self._fold()
        # Folded, CTK's box is as high as its title and 14 pixels more.
        self.setMaximumHeight(16777215 if expanded else self.fontMetrics().height() + 14)

    def _collapsed(self) -> bool:
        return not self.isChecked()

    def _set_collapsed(self, collapsed: bool) -> None:
        self.setChecked(not collapsed)

    collapsed = QtCore.Property(bool, _collapsed, _set_collapsed)


class ctkSliderWidget(QtWidgets.QWidget):
    """A slider and a spin box for one number."""

    cxx_file: ClassVar = "CTK/Libs/Widgets/ctkSliderWidget.h"
    valueChanged = QtCore.Signal(float)
    valueIsChanging = QtCore.Signal(float)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        slider, box = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal), QtWidgets.QDoubleSpinBox()
        slider.setRange(0, _STEPS)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(slider, 1)
        row.addWidget(box)
        state(self).update(slider=slider, box=box)
        slider.connect("valueChanged(int)", self._slid)
        box.connect("valueChanged(double)", self._typed)
        self._show()

    def _slid(self, step: int) -> None:
        low, high = self._get("minimum"), self._get("maximum")
        state(self)["box"].setValue(low + (high - low) * step / _STEPS)

    def _typed(self, value: float) -> None:
        self._show()
        self.valueChanged.emit(value)

    def _show(self) -> None:
        low, high = self._get("minimum"), self._get("maximum")
        slider = state(self)["slider"]
        blocker = QtCore.QSignalBlocker(slider)
        slider.setValue(round(_STEPS * (self._get("value") - low) / (high - low)) if high > low else 0)
        blocker.unblock()

    def _get(self, name: str) -> Any:
        return state(self)["box"].property(name)

    def _put(self, name: str, value: Any) -> None:
        state(self)["box"].setProperty(name, value)
        self._show()

    decimals = QtCore.Property(int, lambda self: self._get("decimals"), lambda self, new: self._put("decimals", new))
    singleStep = QtCore.Property(
        float, lambda self: self._get("singleStep"), lambda self, new: self._put("singleStep", new)
    )
    minimum = QtCore.Property(float, lambda self: self._get("minimum"), lambda self, new: self._put("minimum", new))
    maximum = QtCore.Property(float, lambda self: self._get("maximum"), lambda self, new: self._put("maximum", new))
    value = QtCore.Property(float, lambda self: self._get("value"), lambda self, new: self._put("value", new))
    prefix = QtCore.Property(str, lambda self: self._get("prefix"), lambda self, new: self._put("prefix", new))
    suffix = QtCore.Property(str, lambda self: self._get("suffix"), lambda self, new: self._put("suffix", new))
    pageStep = qt_property("double", "pageStep", 10.0)
    tracking = qt_property("bool", "tracking", True)

    def setValue(self, value: float) -> None:
        """Set the value."""
        self._put("value", float(value))


class _PathWidget(QtWidgets.QWidget):
    """A line for a path and a button that browses for one."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        line, button = QtWidgets.QLineEdit(), QtWidgets.QToolButton()
        button.setText("...")
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(line, 1)
        row.addWidget(button)
        state(self).update(line=line)
        line.connect("textChanged(QString)", self._told)
        button.connect("clicked()", self.browse)

    def _path(self) -> str:
        return state(self)["line"].property("text")

    def _set_path(self, path: str) -> None:
        state(self)["line"].setText(path)


class ctkPathLineEdit(_PathWidget):
    """The path of a file or folder."""

    cxx_file: ClassVar = "CTK/Libs/Widgets/ctkPathLineEdit.h"
    currentPathChanged = QtCore.Signal(str)
    Dirs, Files, Drives, NoSymLinks, Readable, Writable, Executable, Hidden = (1, 2, 4, 8, 16, 32, 64, 256)

    currentPath = QtCore.Property(str, _PathWidget._path, _PathWidget._set_path)
    filters = qt_property("int", "filters", 7)
    nameFilters = qt_property("QStringList", "nameFilters", ())
    settingKey = qt_property("QString", "settingKey", "")
    showHistoryButton = qt_property("bool", "showHistoryButton", True)

    def _told(self, path: str) -> None:
        self.currentPathChanged.emit(path)

    def setCurrentPath(self, path: str) -> None:
        """Set the path."""
        self._set_path(path)

    def addCurrentPathToHistory(self) -> None:
        """Do nothing: there is no history here."""

    def browse(self) -> None:
        """Ask for a path."""
        ask = QtWidgets.QFileDialog.getOpenFileName if self.filters & self.Files else _ask_for_folder
        chosen = ask(self)[0]
        if chosen:
            self._set_path(chosen)


class ctkDirectoryButton(_PathWidget):
    """The path of a folder."""

    cxx_file: ClassVar = "CTK/Libs/Widgets/ctkDirectoryButton.h"
    directoryChanged = QtCore.Signal(str)
    directorySelected = QtCore.Signal(str)

    directory = QtCore.Property(str, _PathWidget._path, _PathWidget._set_path)

    def _told(self, path: str) -> None:
        self.directoryChanged.emit(path)
        self.directorySelected.emit(path)

    def browse(self) -> None:
        """Ask for a folder."""
        chosen = _ask_for_folder(self)[0]
        if chosen:
            self._set_path(chosen)


def _ask_for_folder(parent: QtWidgets.QWidget) -> tuple[str, str]:
    return QtWidgets.QFileDialog.getExistingDirectory(parent), ""


class ctkComboBox(QtWidgets.QComboBox):
    """A combo box."""

    cxx_file: ClassVar = "CTK/Libs/Widgets/ctkComboBox.h"
    defaultText = qt_property("QString", "defaultText", "")


class ctkMessageBox(QtWidgets.QMessageBox):
    """A message box that can be told not to come again."""

    cxx_file: ClassVar = "CTK/Libs/Widgets/ctkMessageBox.h"
    dontShowAgainVisible = qt_property("bool", "dontShowAgainVisible", False)
    dontShowAgain = qt_property("bool", "dontShowAgain", False)
    dontShowAgainSettingsKey = qt_property("QString", "dontShowAgainSettingsKey", "")


class ctkFittedTextBrowser(QtWidgets.QTextBrowser):
    """Text as high as it needs to be."""

    cxx_file: ClassVar = "CTK/Libs/Widgets/ctkFittedTextBrowser.h"


CTK_CLASSES = (
    ctkCollapsibleButton,
    ctkCollapsibleGroupBox,
    ctkComboBox,
    ctkDirectoryButton,
    ctkFittedTextBrowser,
    ctkMessageBox,
    ctkPathLineEdit,
    ctkSliderWidget,
)
