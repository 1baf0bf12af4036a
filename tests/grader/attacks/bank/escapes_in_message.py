"""Raises a message that takes over the reader's terminal and web page."""


def bpr_loss(positive, negative):
    raise ValueError("\x1b[2J\x1b]0;owned\a\r\0\x9b31m<script>alert(1)</script>\u202e[red]x[/red]")
