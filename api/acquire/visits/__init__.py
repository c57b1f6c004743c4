"""The list of visits: searched, filtered, and shown with the state of its receipt."""
