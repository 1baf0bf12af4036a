"""Raises an exception whose text is a string that lies."""


class Text(str):
    def __getitem__(self, index):
        return b"sentinel"

    def __len__(self):
        return -5


class Evil(Exception):
    def __str__(self):
        return Text("x")


def bpr_loss(positive, negative):
    raise Evil
