"""The service beside job queues that anybody may take: five faults, the same for each, counted by whoever is called."""
