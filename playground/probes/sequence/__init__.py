"""Looking into a recurrent network with one sequence: its gates at every step, and how far back it learns.

Every question here is a pure function (scene, arguments) → answer, computed in float64 from the very state that is on
show, and bounded in time and size. They know no run and no screen.

Legend: N sequences, T steps of time, F features of a step, H cells of a level, L levels. A level is one direction of
one storey of a recurrent layer; its key is that of its tensors: `0.l1_reverse` is made of `0.weight_ih_l1_reverse` and
so on.
"""
