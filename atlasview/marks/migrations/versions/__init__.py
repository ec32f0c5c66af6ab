"""Steps of the schema, each naming the one before."""
