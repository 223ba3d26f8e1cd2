"""The bridge: a process of its own, holding a database role that sees live sharings and nothing else."""
