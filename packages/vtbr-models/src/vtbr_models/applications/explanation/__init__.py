"""Where a trained model looks: maps of what makes two pictures match, and of what makes a word likely."""
