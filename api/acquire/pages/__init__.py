"""Routes, one subject a file: read the request, call one use case, render."""
