"""An interactive playground in which a visitor assembles a neural network and watches it learn."""
