# SPDX-License-Identifier: MIT
"""Where labels come from: any ASE calculator, by the name of a function that makes it."""

import importlib
import importlib.metadata
import os
import sys


class TeacherError(Exception):
    """A teacher that cannot be made; the text is for the user."""


def gfn2_xtb():
    """GFN2-xTB (Bannwarth, Ehlert, Grimme 2019) through tblite: analytic forces, about 2 ms for 12 atoms."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from tblite.ase import TBLite

    calculator = TBLite(method="GFN2-xTB", accuracy=0.1, verbosity=0)
    calculator.label_name = "GFN2-xTB/tblite-" + importlib.metadata.version("tblite")
    return calculator


def make(name):
    """The calculator that `module:factory` makes, and its name for provenance.

    `factory()` returns an ASE calculator with energies (eV) and forces (eV/Angstrom); its attribute
    `label_name`, if it has one, is the name. Modules in the working directory are found.
    """
    module_name, colon, factory_name = name.partition(":")
    if not colon or not module_name or not factory_name:
        raise TeacherError(f"--teacher: {name!r} is not MODULE:FACTORY")
    for folder in (os.getcwd(), os.path.dirname(os.path.abspath(__file__))):
        if folder not in sys.path:
            sys.path.append(folder)
    try:
        factory = getattr(importlib.import_module(module_name), factory_name)
    except (ImportError, AttributeError) as error:
        raise TeacherError(f"--teacher {name}: {error}") from None
    calculator = factory()
    missing = {"energy", "forces"} - set(getattr(calculator, "implemented_properties", ()))
    if missing:
        raise TeacherError(f"--teacher {name}: the calculator has no {' and no '.join(sorted(missing))}")
    return calculator, getattr(calculator, "label_name", name)
