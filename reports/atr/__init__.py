"""One ATR explained field by field, and the public list of cards that it is looked up in."""
