"""What can be checked of a deployment without a container engine."""
