"""Letting a topic cross the bridge: who shared it, why, with whom, until when, and taking it back."""
