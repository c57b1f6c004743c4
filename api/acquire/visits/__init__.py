"""Lists visits: searched, filtered, and shown with the state of their receipts."""
