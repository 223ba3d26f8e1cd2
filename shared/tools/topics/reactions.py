"""What people can say to a post without words."""

from typing import Final

REACTIONS: Final = (
    ("like", "like", "Like"),
    ("thanks", "heart", "Thanks"),
    ("celebrate", "star", "Celebrate"),
    ("insightful", "idea", "Insightful"),
    ("same_here", "people", "Same here"),
)
"""Name, drawing and label of each."""
REACTION_NAMES: Final = tuple(name for name, _, _ in REACTIONS)
