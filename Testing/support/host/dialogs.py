"""Modal dialogs outside of a running application.

In Slicer the application's event loop always runs, so `deleteLater` before `exec_`, as `slicer.util.messageBox` has it,
deletes after the dialog is closed. A test runs outside of any event loop, and Qt deletes when the dialog's own starts.
"""

import shiboken6
from PySide6.QtWidgets import QDialog, QMessageBox

from Testing.support.host import slots

_delete_later = QDialog.deleteLater


def _delete_when_closed(self: QDialog, single_shot: slots.Slot) -> None:
    vars(self)["_to_delete"] = True

    def delete() -> None:
        if shiboken6.isValid(self) and not vars(self).get("_running"):
            _delete_later(self)

    single_shot(0, delete)


def _run(self: QDialog) -> int:
    vars(self)["_running"] = True
    answer = QDialog.exec(self)
    vars(self)["_running"] = False
    if vars(self).get("_to_delete"):
        _delete_later(self)
    return answer


def install(single_shot: slots.Slot) -> None:
    """Let dialogs end as they do in an application; `single_shot` is QTimer's."""
    QDialog.deleteLater = lambda self: _delete_when_closed(self, single_shot)
    for cls in (QDialog, QMessageBox):
        cls.exec_ = _run
