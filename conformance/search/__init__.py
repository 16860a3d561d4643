"""The search: whole programs of operations, judged by the model, and what diverges made minimal and named by its clause."""
