"""The conformance matrix: readers and behaviours, and what each result is worth."""
