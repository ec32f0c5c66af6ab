"""One room a face of the server."""
