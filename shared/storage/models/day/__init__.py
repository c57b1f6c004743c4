"""Tables of the working day: the cash that was counted, what became of tasks, what the books say."""
