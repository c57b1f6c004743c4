"""The payment page with many visits stored: how long its pages take, and how PostgreSQL finds what is on them."""
