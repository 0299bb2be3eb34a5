"""Looking into a network with one picture: what each layer makes of it, and what made the network decide so.

Every question here is a pure function (scene, arguments) → answer, computed by the NumPy engine from the very state
that is on show, and bounded in time and size. They know no run and no screen.

Legend: C channels, H × W pixels of a picture; U maps of a layer, h × w each; K classes.
"""
