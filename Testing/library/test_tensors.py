"""The bridge between numpy and torch, of everything that a scan or a mask may come as."""

import numpy as np
import pytest
import torch

from VSSegmentationLib.tensors import array_of, tensor_of

COUNTED = np.arange(24).reshape(2, 3, 4)
KINDS = ("float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64")


@pytest.mark.parametrize("kind", KINDS)
def test_values_shape_and_type_go_there_and_back(kind):
    array = COUNTED.astype(kind)
    tensor = tensor_of(array)
    assert str(tensor.dtype) == f"torch.{kind}"
    assert tensor.tolist() == array.tolist()
    back = array_of(tensor)
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


def test_a_mask_stays_a_mask():
    mask = COUNTED % 5 == 0
    tensor = tensor_of(mask)
    assert tensor.dtype == torch.bool
    assert tensor.tolist() == mask.tolist()
    assert array_of(tensor).dtype == np.bool_
    assert np.array_equal(array_of(tensor), mask)


@pytest.mark.parametrize(("kind", "held"), [("uint16", torch.int32), ("uint32", torch.int64)])
def test_no_value_of_an_unsigned_type_changes(kind, held):
    array = np.array([0, 1, np.iinfo(kind).max], kind)
    tensor = tensor_of(array)
    assert tensor.dtype == held
    assert tensor.tolist() == [0, 1, np.iinfo(kind).max]


def test_a_writeable_array_shares_its_memory():
    array = np.zeros((2, 3), np.float32)
    tensor_of(array)[1, 2] = 7
    assert array[1, 2] == 7


@pytest.mark.parametrize("kind", ["float32", "bool", "uint16"])
def test_a_read_only_array_is_copied_and_stays_as_it_was(kind):
    array = (COUNTED % 2).astype(kind)
    array.flags.writeable = False
    tensor = tensor_of(array)
    tensor[0, 0, 0] = 1
    assert array[0, 0, 0] == 0
    assert tensor.reshape(-1).tolist()[1:] == array.ravel().tolist()[1:]


@pytest.mark.parametrize("kind", ["float32", "bool"])
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1], lambda a: a[..., ::-1], lambda a: a[::-1, ::-1, ::-1], lambda a: a[:, ::2, 1::2],
        lambda a: a.transpose(2, 0, 1), np.asfortranarray, lambda a: np.broadcast_to(a[:1], a.shape),
    ],
    ids=["first axis backward", "last axis backward", "all backward", "steps", "axes moved", "Fortran", "broadcast"],
)  # fmt: skip
def test_views_of_every_kind_give_the_values_that_numpy_sees(kind, view):
    array = view((COUNTED % 7).astype(kind))
    assert tensor_of(array).tolist() == array.tolist()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["f4", "i2", "u2"])
def test_the_byte_order_of_a_file_does_not_change_values(order, kind):
    array = COUNTED.astype(f"{order}{kind}")
    assert tensor_of(array).tolist() == COUNTED.tolist()


def test_a_field_of_records_whose_steps_are_no_whole_items_is_copied():
    records = np.zeros(4, np.dtype([("flag", "u1"), ("value", "f4")]))
    records["value"] = [1, 2, 3, 4]
    assert tensor_of(records["value"]).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 1, 5)])
def test_odd_shapes_go_there_and_back(shape):
    array = np.full(shape, 2.5, np.float32)
    assert tuple(tensor_of(array).shape) == shape
    assert np.array_equal(array_of(tensor_of(array)), array)


def test_a_tensor_in_any_order_of_memory_gives_an_array_of_its_own_in_c_order():
    tensor = torch.arange(6, dtype=torch.float32).reshape(2, 3).T.requires_grad_()
    array = array_of(tensor)
    array[0, 0] = 9
    assert array.flags.c_contiguous
    assert array.tolist() == [[9, 3], [1, 4], [2, 5]]
    assert tensor[0, 0].item() == 0


def test_a_half_of_the_brain_float_is_told_in_full():
    assert array_of(torch.tensor([1.5, -2.0], dtype=torch.bfloat16)).dtype == np.float32


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([1j]), np.array([2**64 - 1], np.uint64), np.array([None])])
def test_what_no_tensor_holds_is_refused(array):
    with pytest.raises(TypeError, match="tensor_of takes bool, float16"):
        tensor_of(array)


def test_a_complex_tensor_is_refused():
    with pytest.raises(TypeError, match="complex64"):
        array_of(torch.zeros(2, dtype=torch.complex64))
