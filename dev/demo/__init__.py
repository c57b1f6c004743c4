"""The one-command demo: real PostgreSQL, real Redis and every process of the service on one machine."""
