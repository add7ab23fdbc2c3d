"""Small changes of the code, one at a time: whether a test notices each of them."""
