"""No path stays in a text, whatever its system, spaces or letters; names of code do."""

import pytest

from VSSegmentationLib.scrubbing import without_paths


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing to hide: 3/4 of the job, mm/s and T1/T2", "nothing to hide: 3/4 of the job, mm/s and T1/T2"),
        ("cannot read /data/Doe John/T2 axial.nii: no such file", "cannot read <path>"),
        ("cannot read '/data/Doe John/T2 axial.nii': no such file", "cannot read '<path>': no such file"),
        (r"C:\Users\Jörg Müller\scan.nrrd is damaged", "<path>"),
        (r"open \\server\scans\Doe^John failed", "open <path>"),
        ("~/scans/Doe failed", "<path>"),
        ("see file:///home/doe/report.html", "see <path>"),
        (
            r'[WinError 126] Error loading "C:\Users\J Doe\Slicer 5.12\torch\lib\c10.dll" or one of its dependencies.',
            '[WinError 126] Error loading "<path>/c10.dll" or one of its dependencies.',
        ),
        (
            "ImportError: /home/j doe/lib/libcudnn.so.9: cannot open shared object file",
            "ImportError: <path>/libcudnn.so.9: cannot open shared object file",
        ),
        ('  File "/home/doe/VSSegmentationLib/worker/jobs.py", line 8', '  File "<path>/jobs.py", line 8'),
        ("first /home/doe/a\nsecond, without", "first <path>\nsecond, without"),
    ],
)
def test_a_path_is_hidden_and_what_failed_still_told(text: str, expected: str):
    assert without_paths(text) == expected


@pytest.mark.parametrize("secret", ["Doe", "Müller", "João"])
@pytest.mark.parametrize("path", ["/a/{0} b/c d.nii", "C:\\x\\{0}\\c d.nii", "\\\\s\\{0}\\e", "~/{0}/x", "D:/{0} x/y"])
@pytest.mark.parametrize("around", ["{0}", "read {0}", "'{0}' x", '"{0}"', "({0}) y", "a={0}: z"])
def test_no_part_of_a_path_stays(secret: str, path: str, around: str):
    assert secret not in without_paths(around.format(path.format(secret)))
