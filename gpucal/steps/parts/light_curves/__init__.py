"""Light curves of series: what is summed, about which place, and how much it scatters."""
