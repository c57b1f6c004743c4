"""What waits for a person, of every kind in one list: who sees to it, until when it is put off."""
