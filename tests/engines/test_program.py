"""Programs: the same calls on another slot touch that slot and nothing else."""

from __future__ import annotations

import numpy as np

from engines.numpy.program import Program, run


def test_calls_run_in_order() -> None:
    program, log = Program(), []
    program.emit(log.append, 1)
    program.emit(log.extend, [2, 3])
    run(program)
    assert log == [1, 2, 3]


def test_a_spread_program_works_on_its_own_slot() -> None:
    held = np.arange(24.0).reshape(3, 2, 4)
    results = np.zeros((3, 2))
    shared = np.zeros(2)
    first, out = held[0], results[0]
    program = Program()
    program.emit(np.multiply, first[:, 1:3], 2.0, first[:, 1:3])  # a strided view
    program.emit(first.T[1:].T.dot, np.ones(3), shared)  # a method of a view
    program.emit(np.maximum, shared, first[:, 0], out=out)  # options
    programs = program.spread((held, results))
    assert programs[0] is program
    expected = held.copy()
    expected[:, :, 1:3] *= 2
    for index in (2, 0, 1):
        run(programs[index])
        np.testing.assert_array_equal(
            results[index], np.maximum(expected[index, :, 1:].sum(axis=1), expected[index, :, 0])
        )
    np.testing.assert_array_equal(held, expected)


def test_calls_that_touch_no_slot_are_shared() -> None:
    held, other = np.zeros((2, 3)), np.zeros(3)
    program = Program()
    program.emit(np.add, other, 1.0, other)
    program.emit(np.copyto, held[0], other)
    one, two = program.spread((held,))
    assert one[0] is two[0]
    assert one[1] is not two[1]
    run(two)
    np.testing.assert_array_equal(held, [[0, 0, 0], [1, 1, 1]])
