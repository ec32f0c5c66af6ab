"""AtlasView's edge: URLs, parameters, status codes, caching, access."""
