"""What is broken: processes, stores, networks, Webkassa; and what people do meanwhile. A fault is a line of a list."""
