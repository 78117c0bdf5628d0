"""What a run needs and where its time goes."""
