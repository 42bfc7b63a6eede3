"""Images moved so that the stars in them lie on each other, or on those of a catalogue."""
