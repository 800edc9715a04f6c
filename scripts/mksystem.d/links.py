# SPDX-License-Identifier: BSD-2-Clause
"""Links of a description, as their two guests' trees show them.

Ports count each guest's ends in the description's order, as tools/links_parse.c does.
Only what trees need is read; what is wrong with a link skerry-check tells.
"""

# Of a link's node and of a volume's: for the guests
LINK_PROPS = ("mac", "isolated", "uplink", "rate-limit-kbps", "label", "colour", "rate-limit",
              "pins", "pull-up", "pull-down")
# Those that mean references in any other tree get a prefix there
RIGHTS = ("clocks", "clocks-read-only", "power-domains", "power-domains-read-only")
VOLUME_PROPS = ("partition", "extent", "file", "fat-partition", "ram-size", "read-only")


class LinkError(Exception):
    """(node, property, text)"""


class End:
    """One end of a link: what is in the guest's node for it."""

    def __init__(self, node, role, volume):
        self.name, self.role = node.name, role
        self.props = {key: node.props[key] for key in LINK_PROPS if node.has(key)}
        self.props.update({"skerry," + key: node.props[key] for key in RIGHTS if node.has(key)})
        self.has_page = role == "front" and node.string("transport") == "register-page"
        self.volume = None
        self.volume_name = None
        if volume is not None and role == "back":
            self.volume_name = volume.name
            self.volume = {key: volume.props[key] for key in VOLUME_PROPS if volume.has(key)}


def _volume(root, node):
    name = node.string("volume")
    if name is None:
        return None
    volumes = root.child("volumes")
    volume = volumes.child(name) if volumes else None
    if volume is None:
        raise LinkError(node.name, "volume", "\"%s\": there is no such volume" % name)
    return volume


def read(root):
    """{a guest's name: its ends by port}."""
    children = root.child("guests").children
    guests = {node.props["phandle"]: node.name for node in children if node.has("phandle")}
    ends = {node.name: [] for node in children}
    links = root.child("links")
    for node in links.children if links else ():
        volume = _volume(root, node)
        for role in ("front", "back"):
            guest = guests.get(node.props.get(role))
            if guest is None:
                raise LinkError(node.name, role, "does not name a guest")
            ends[guest].append(End(node, role, volume))
    return ends
