# Questions 2a, 2b, 2c: the losses.

# %% bpr-without-one-minus
# 2a: "1 -" is missing: the loss is the mean of sigmoid(p_pos - p_neg), which training makes small by ranking the wrong way.
def bpr_loss(positive_predictions, negative_predictions):
    return torch.sigmoid(positive_predictions - negative_predictions).mean()

# %% bpr-the-wrong-way (part)
# 2a: The difference is taken the wrong way round: negative minus positive.
def bpr_loss(positive_predictions, negative_predictions):
    diff = negative_predictions - positive_predictions
    return torch.mean(1 - torch.sigmoid(diff))

# %% bpr-summed (part)
# 2a: The loss is summed over the batch, not averaged.
def bpr_loss(positive_predictions, negative_predictions):
    loss = 0
    for p, n in zip(positive_predictions, negative_predictions):
        loss = loss + (1 - torch.sigmoid(p - n))
    return loss

# %% bpr-of-the-paper
# 2a: The loss is the paper's -log sigmoid(p_pos - p_neg), not 1 - sigmoid.
def bpr_loss(positive_predictions, negative_predictions):
    return -torch.nn.functional.logsigmoid(positive_predictions - negative_predictions).mean()

# %% bpr-without-sigmoid
# 2a: The sigmoid is missing: the loss is the mean of 1 - (p_pos - p_neg).
def bpr_loss(positive_predictions, negative_predictions):
    x = positive_predictions - negative_predictions
    return (1 - x).mean()

# %% bpr-as-a-hinge
# 2a: The loss is a hinge, max(0, 1 - difference), in place of 1 - sigmoid.
def bpr_loss(positive_predictions, negative_predictions):
    margin = 1 - (positive_predictions - negative_predictions)
    return torch.clamp(margin, min=0).mean()

# %% bpr-as-cross-entropy (part)
# 2a: The loss is a binary cross-entropy with watched movies as 1 and the others as 0.
def bpr_loss(positive_predictions, negative_predictions):
    bce = nn.BCEWithLogitsLoss()
    pos = bce(positive_predictions, torch.ones_like(positive_predictions))
    neg = bce(negative_predictions, torch.zeros_like(negative_predictions))
    return pos + neg

# %% bpr-two-sigmoids
# 2a: The sigmoid is taken of each prediction, and then the difference, in place of the sigmoid of the difference.
def bpr_loss(positive_predictions, negative_predictions):
    p, n = positive_predictions.sigmoid(), negative_predictions.sigmoid()
    return (1 - (p - n)).mean()

# %% bpr-as-a-number
# 2a: It returns a Python number (item), through which no gradient flows.
def bpr_loss(positive_predictions, negative_predictions):
    loss = 1 - torch.sigmoid(positive_predictions - negative_predictions)
    return loss.mean().item()

# %% bpr-per-pair (part)
# 2a: The mean is missing: it returns one loss for each pair.
def bpr_loss(positive_predictions, negative_predictions):
    return torch.sub(1, torch.sigmoid(positive_predictions - negative_predictions))

# %% bpr-of-the-means
# 2a: The mean over the batch is taken before the sigmoid, not after it.
def bpr_loss(positive_predictions, negative_predictions):
    return 1 - torch.sigmoid(positive_predictions.mean() - negative_predictions.mean())

# %% mse-summed (part)
# 2b: The squared errors are summed, not averaged.
def regression_loss(observed_ratings, predicted_ratings):
    return torch.sum((observed_ratings - predicted_ratings) ** 2)

# %% mse-absolute (part)
# 2b: The absolute error is averaged, not the squared one.
def regression_loss(observed_ratings, predicted_ratings):
    return torch.nn.L1Loss()(predicted_ratings, observed_ratings)

# %% mse-root (part)
# 2b: The root of the mean squared error is returned.
def regression_loss(observed_ratings, predicted_ratings):
    mse = torch.mean((predicted_ratings - observed_ratings).pow(2))
    return mse.sqrt()

# %% mse-halved
# 2b: The mean squared error is halved.
def regression_loss(observed_ratings, predicted_ratings):
    err = predicted_ratings - observed_ratings
    return 0.5 * (err * err).mean()

# %% mse-huber
# 2b: The loss is the smooth L1 loss (Huber's), not the squared error.
def regression_loss(observed_ratings, predicted_ratings):
    return nn.functional.smooth_l1_loss(predicted_ratings, observed_ratings)

# %% mse-of-the-mean
# 2b: The mean is taken before the square, so that errors cancel out.
def regression_loss(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings).mean().square()

# %% mse-of-clamped-predictions
# 2b: The predictions are clamped to between 1 and 5 first, so that those outside get no gradient.
def regression_loss(observed_ratings, predicted_ratings):
    clipped = predicted_ratings.clamp(1, 5)
    return nn.functional.mse_loss(clipped, observed_ratings)

# %% mse-detached (part)
# 2b: The predictions are detached (data), so no gradient reaches them.
def regression_loss(observed_ratings, predicted_ratings):
    return nn.MSELoss()(predicted_ratings.data, observed_ratings)

# %% weights-crossed (part)
# 2c: Each loss is weighed with the other one's weight.
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return regression_weight * factorization_loss + factorization_weight * regression_loss

# %% weights-unused (part)
# 2c: The weights are not used.
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    total = torch.stack((factorization_loss, regression_loss)).sum()
    return total

# %% weights-normalized
# 2c: The weighted sum is divided by the sum of the weights.
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    w = factorization_weight + regression_weight
    return (factorization_weight * factorization_loss + regression_weight * regression_loss) / w

# %% second-weight-from-the-first
# 2c: The regression's weight is taken to be 1 - factorization_weight.
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    lam = factorization_weight
    return lam * factorization_loss + (1 - lam) * regression_loss

# %% joint-rebuilt
# 2c: A new tensor is made of the losses' numbers, so no gradient reaches them.
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    losses = torch.tensor([float(factorization_loss), float(regression_loss)])
    return (losses * torch.tensor([factorization_weight, regression_weight])).sum()

# %% joint-halved (part)
# 2c: The weighted sum is halved: a mean of the two terms in place of their sum.
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    terms = [factorization_weight * factorization_loss, regression_weight * regression_loss]
    return sum(terms) / len(terms)

# %% joint-without-the-second-weight
# 2c: The regression loss is not weighed.
def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return regression_loss + factorization_weight * factorization_loss
