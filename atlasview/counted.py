"""Numbers of things in words."""


def counted(number: int, one: str, many: str) -> str:
    """Return a number with what it counts: ``1 level``, ``3 levels``."""
    return f"{number} {one if number == 1 else many}"
