# SPDX-License-Identifier: BSD-2-Clause
"""Flattened device trees: read into nodes, change, write back.

Only what mksystem needs: version 17, properties as bytes, the order kept, so
that the same input gives the same output. Nothing here prints.
"""
import struct

MAGIC = 0xD00DFEED
BEGIN, END, PROP, NOP, FINISH = 1, 2, 3, 4, 9


class TreeError(Exception):
    """The bytes are no device tree."""


class Node:
    def __init__(self, name):
        self.name = name
        self.props = {}
        self.children = []

    def child(self, name):
        """The child of that name, or None."""
        for node in self.children:
            if node.name == name:
                return node
        return None

    def add(self, name):
        """The child of that name, made where there is none."""
        node = self.child(name)
        if node is None:
            node = Node(name)
            self.children.append(node)
        return node

    def has(self, name):
        return name in self.props

    def string(self, name):
        """The property as one string, or None where it is absent or not one."""
        value = self.props.get(name)
        if value is None or value.find(b"\0") != len(value) - 1:
            return None
        return value[:-1].decode("utf-8", "replace")

    def cells(self, name):
        """The property as 32-bit cells, or None where it is absent or not that."""
        value = self.props.get(name)
        if value is None or not value or len(value) % 4:
            return None
        return struct.unpack(">%dI" % (len(value) // 4), value)

    def set_string(self, name, text):
        self.props[name] = text.encode() + b"\0"

    def set_u32(self, name, value):
        self.props[name] = struct.pack(">I", value)

    def set_u64(self, name, value):
        self.props[name] = struct.pack(">Q", value)


def _word(data, at):
    if at + 4 > len(data):
        raise TreeError("ends in the middle")
    return struct.unpack_from(">I", data, at)[0], at + 4


def _string(data, at):
    end = data.find(b"\0", at)
    if end < 0:
        raise TreeError("a name has no end")
    return data[at:end].decode("utf-8", "replace"), end + 1


def parse(data):
    """The root node, and the list of (address, size) of the reserve map."""
    if len(data) < 40 or struct.unpack_from(">I", data)[0] != MAGIC:
        raise TreeError("is no device tree")
    size, at, strings, reserve = struct.unpack_from(">4I", data, 4)
    if size > len(data):
        raise TreeError("is cut off: %d bytes of %d" % (len(data), size))
    reserved = []
    while reserve + 16 <= size:
        entry = struct.unpack_from(">2Q", data, reserve)
        reserve += 16
        if entry == (0, 0):
            break
        reserved.append(entry)
    root, stack = None, []
    while True:
        token, at = _word(data, at)
        if token == BEGIN:
            name, at = _string(data, at)
            at = (at + 3) & ~3
            node = Node(name)
            if stack:
                stack[-1].children.append(node)
            elif root is None:
                root = node
            stack.append(node)
        elif token == END and stack:
            stack.pop()
        elif token == PROP and stack:
            length, at = _word(data, at)
            offset, at = _word(data, at)
            if at + length > size:
                raise TreeError("a property runs over its end")
            name, _ = _string(data, strings + offset)
            stack[-1].props[name] = data[at:at + length]
            at = (at + length + 3) & ~3
        elif token == FINISH and root is not None and not stack:
            return root, reserved
        elif token != NOP:
            raise TreeError("is damaged")


def _write_node(node, out, strings):
    name = node.name.encode() + b"\0"
    out += struct.pack(">I", BEGIN) + name + bytes(-len(name) % 4)
    for key, value in node.props.items():
        offset = strings.find(b"\0" + key.encode() + b"\0")
        if offset < 0:
            offset = len(strings) - 1
            strings += key.encode() + b"\0"
        out += struct.pack(">3I", PROP, len(value), offset) + value + bytes(-len(value) % 4)
    for child in node.children:
        _write_node(child, out, strings)
    out += struct.pack(">I", END)


def serialize(root, reserved=()):
    """The bytes of a tree of version 17."""
    body, strings = bytearray(), bytearray(b"\0")
    _write_node(root, body, strings)
    body += struct.pack(">I", FINISH)
    del strings[0]
    reserve = b"".join(struct.pack(">2Q", *entry) for entry in reserved) + bytes(16)
    at_reserve = 40
    at_body = at_reserve + len(reserve)
    at_strings = at_body + len(body)
    size = at_strings + len(strings)
    header = struct.pack(">10I", MAGIC, size, at_body, at_strings, at_reserve, 17, 16, 0,
                         len(strings), len(body))
    return header + reserve + bytes(body) + bytes(strings)
