"""Results into pages: what comes out of runs and of public lists, made readable."""
