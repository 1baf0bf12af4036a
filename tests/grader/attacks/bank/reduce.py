"""Returns objects that run code where they are unpickled or copied."""

import os


class Bomb:
    def __reduce__(self):
        return os.system, ("echo breach-unpickled > @CURRENT@/sentinel-left-behind",)

    __deepcopy__ = __copy__ = lambda self, *args: os._exit(0)


def bpr_loss(positive, negative):
    return [Bomb(), Bomb]
