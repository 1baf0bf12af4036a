"""What a file holds, down to the archives, streams and blobs inside of it.

An opener takes the bytes of a file and yields parts of it, which are opened in turn. What looks
like something that can be opened, and cannot, raises `UnreadableError`: a release holds nothing
that nobody can look into.
"""

from release.inside.pieces import Piece, pieces

__all__ = ["Piece", "pieces"]
