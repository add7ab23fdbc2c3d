import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from Testing.support.grids import examples
from VSSegmentationLib.measurement.indices import true_indices


@examples(50)
@given(arrays(bool, st.tuples(*[st.integers(1, 5)] * 3)), st.permutations(range(3)))
def test_indices_are_those_of_numpy_in_the_same_order_however_the_array_is_stored(mask, permutation):
    mask = mask.transpose(permutation)
    assert np.array_equal(true_indices(mask), np.argwhere(mask))
