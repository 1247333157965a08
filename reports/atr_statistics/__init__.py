"""How often each value of each ATR byte occurs among known cards: counted, printed, plotted."""
