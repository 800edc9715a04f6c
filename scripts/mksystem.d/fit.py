# SPDX-License-Identifier: BSD-2-Clause
"""Reads a system image, for run-qemu. A damaged one is fdt.TreeError, of whatever kind."""

import fdt


def guests(path):
    """The guests' nodes of the system description in a system image."""
    with open(path, "rb") as f:
        data = f.read()
    try:
        node = fdt.parse(data)[0].child("images").child("description")
        start = (int.from_bytes(data[4:8], "big") + 3 & ~3) + node.cells("data-offset")[0]
        system = fdt.parse(data[start:start + node.cells("data-size")[0]])[0]
        return system.child("guests").children
    except (AttributeError, TypeError):
        raise fdt.TreeError("has no description in it") from None


def is_outer(path):
    """Is it a FIT of hypervisor and system image?"""
    with open(path, "rb") as f:
        data = f.read()
    try:
        return fdt.parse(data)[0].child("configurations") is not None
    except fdt.TreeError:
        return False                # a damaged system image, for EL2 to refuse
