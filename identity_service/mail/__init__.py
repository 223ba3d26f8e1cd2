"""Mail that identity sends: written with the change it tells of, sent by the worker."""
