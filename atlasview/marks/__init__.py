"""Views and annotations: their documents, and the database that keeps them with all history."""
