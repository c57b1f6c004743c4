"""Runs the HTTP process: accepts, stores, enqueues, shows. It never calls Altegio or Webkassa."""
