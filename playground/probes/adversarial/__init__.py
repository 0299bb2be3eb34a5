"""What can be computed of a generator and its adversary: the game's losses, latents, how well modes are covered.

Pure functions of arrays; they know no run and no screen.
"""
