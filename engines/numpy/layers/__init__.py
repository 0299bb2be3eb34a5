"""The layers, one file per family. Whatever lies in this folder is found; there is no list to keep."""

from importlib import import_module
from pkgutil import iter_modules

for found in iter_modules(__path__):
    import_module(f"{__name__}.{found.name}")
