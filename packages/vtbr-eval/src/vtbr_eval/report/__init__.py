"""One HTML page that shows what the scores mean: charts, and the searches behind them."""
