"""Returns tuples in tuples, a million deep."""


def bpr_loss(positive, negative):
    deep = ()
    for _ in range(1_000_000):
        deep = (deep,)
    return deep
