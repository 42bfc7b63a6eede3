"""Light curves, held against the transit that was simulated."""
