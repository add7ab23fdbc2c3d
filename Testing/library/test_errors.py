import pytest

from VSSegmentationLib import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.UsageError, 2),
        (errors.ConfigError, 2),
        (errors.InputRefusedError, 3),
        (errors.GeometryError, 3),
        (errors.ModelError, 4),
        (errors.DeviceMemoryError, 5),
        (errors.CancelledError, 130),
    ],
)
def test_exit_codes_are_those_the_command_line_promises(kind, code):
    assert kind.exit_code == code
    assert issubclass(kind, errors.VSSegmentationError)


def test_callers_that_know_only_python_catch_them_too():
    assert issubclass(errors.InputRefusedError, ValueError)
    assert issubclass(errors.ModelError, OSError)
    assert issubclass(errors.DeviceMemoryError, MemoryError)
