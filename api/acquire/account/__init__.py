"""Signs staff in, keeps their sessions, and lets them look after their own account."""
