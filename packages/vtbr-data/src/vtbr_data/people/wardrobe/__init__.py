"""What people wear: outfits by sex, age, season and place."""
