"""What the project runs end to end: the demo, the zoo, the study, the paper's protocol, the site."""
