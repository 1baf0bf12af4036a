"""Returns text with null bytes, escapes and halves of characters."""


def bpr_loss(positive, negative):
    return "\0\x1b]0;owned\a\x1b[2J\udcff\ud800\u202e" * 1000
