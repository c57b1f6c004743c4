"""What both processes need: configuration, tables, payload models, money, names of tasks."""
