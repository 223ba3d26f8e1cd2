"""Configuration as code: a file of clients, roles and people, compared with what there is, applied whole."""
