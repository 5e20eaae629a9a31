"""Why the other side was not told."""


class CallFailed(Exception):
    """A call had no answer. Its text says why, without addresses and secrets; it is made again."""
