"""Container files, checked without an engine: their schema, their references, and what they copy runs."""
