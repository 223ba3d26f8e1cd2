"""What the services have in common."""

import gc

# Here, because it is imported before all else. What a program imports stays: to look for what could be thrown
# away after every 700 objects makes a start a fifth longer, and each request a little. This many more than a
# while ago are more than what requests under way hold.
gc.set_threshold(50_000)
