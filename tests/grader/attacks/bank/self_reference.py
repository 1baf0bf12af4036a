"""Returns a list that holds itself."""


def bpr_loss(positive, negative):
    endless = []
    endless.append(endless)
    return endless
