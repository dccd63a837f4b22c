# SPDX-License-Identifier: MIT
"""All instructions that the translator knows: importing their modules fills HANDLERS."""

import compute_instructions  # noqa: F401
import memory_instructions  # noqa: F401
from instruction_core import HANDLERS, Refused, cpp, translate

__all__ = ['HANDLERS', 'Refused', 'cpp', 'translate']
