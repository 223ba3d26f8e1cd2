"""Full-text search over titles and posts, within what the actor may see."""
