"""Tables that line up, and grids as people read them."""

from VSSegmentationLib.cli.commands.text import grid_text, table


def test_columns_line_up_whatever_is_in_them():
    assert table([("", "found", "truth"), ("Volume", "1.2", "10.5")]).split("\n") == [
        "        found  truth",
        "Volume    1.2   10.5",
    ]


def test_a_grid_is_told_with_the_columns_first_and_the_slices_last():
    assert grid_text((120, 512, 448), (1.5, 0.41, 0.4125)) == "448 x 512 x 120 voxels of 0.412 x 0.41 x 1.5 mm"
