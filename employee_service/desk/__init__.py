"""The bridge desk: where customer-facing staff work with the threads that customers shared."""
