"""What the JSON answers look like, as OpenAPI tells it; one file for each face."""
