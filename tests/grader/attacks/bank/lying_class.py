"""Returns an object whose class has a name that is not a string."""


class Meta(type):
    __name__ = property(lambda cls: ["name"])
    __qualname__ = property(lambda cls: 1 / 0)


class Liar(metaclass=Meta):
    __class__ = property(lambda self: 1 / 0)


def bpr_loss(positive, negative):
    return Liar()
