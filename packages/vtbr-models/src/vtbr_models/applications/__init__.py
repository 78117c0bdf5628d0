"""What is done with a trained model: features, captions, scores, explanations."""
