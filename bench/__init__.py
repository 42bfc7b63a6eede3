"""Speed, memory and agreement, side by side with the reference pipeline (the peer, jwst 3.0.0)."""
