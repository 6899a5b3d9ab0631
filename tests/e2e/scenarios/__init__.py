"""Every file here registers its scenarios when it is imported."""

import importlib
import pkgutil


def load_all():
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
