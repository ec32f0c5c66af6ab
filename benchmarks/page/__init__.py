"""How soon the page shows a brain, beside the plain Neuroglancer client on the same data."""
