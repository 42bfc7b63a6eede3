"""What a run tells: its log, its events, its summary."""
