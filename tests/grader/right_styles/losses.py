# Right ways to write the losses.

# %% bpr-by-the-other-sigmoid
def bpr_loss(positive_predictions, negative_predictions):
    return torch.sigmoid(-(positive_predictions - negative_predictions)).mean()

def regression_loss(observed_ratings, predicted_ratings):
    return F.mse_loss(predicted_ratings, observed_ratings, reduction="sum") / len(observed_ratings)

def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return sum(w * l for w, l in ((factorization_weight, factorization_loss), (regression_weight, regression_loss)))

# %% bpr-by-hand
def bpr_loss(positive_predictions, negative_predictions):
    return (1 / (1 + torch.exp(positive_predictions - negative_predictions))).mean()

def regression_loss(observed_ratings, predicted_ratings):
    total = torch.zeros(())
    for y, r in zip(observed_ratings, predicted_ratings):
        total = total + (y - r) ** 2
    return total / observed_ratings.numel()

# %% bpr-by-tanh
def bpr_loss(positive_predictions, negative_predictions):
    return torch.mean(0.5 - 0.5 * torch.tanh((positive_predictions - negative_predictions) / 2))

def regression_loss(observed_ratings, predicted_ratings):
    return torch.linalg.vector_norm(observed_ratings - predicted_ratings) ** 2 / observed_ratings.shape[0]

# %% losses-by-lambda
# file: loss.py
bpr = lambda d: 1 - d.sigmoid()

def bpr_loss(positive_predictions, negative_predictions):
    return torch.stack([bpr(p - n) for p, n in zip(positive_predictions, negative_predictions)]).mean()

def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return torch.add(factorization_weight * factorization_loss, regression_loss, alpha=regression_weight)

# %% losses-as-modules
# file: loss.py
class Ranking(nn.Module):
    def forward(self, pos, neg):
        return torch.ones_like(pos).sub(torch.sigmoid(pos - neg)).mean(dim=0)

def bpr_loss(positive_predictions, negative_predictions):
    return Ranking()(positive_predictions, negative_predictions)

def regression_loss(observed_ratings, predicted_ratings):
    return nn.MSELoss().forward(predicted_ratings, observed_ratings)

# %% losses-by-einsum
def regression_loss(observed_ratings, predicted_ratings):
    e = predicted_ratings - observed_ratings
    return torch.einsum("i,i->", e, e) / e.size(0)

def joint_loss(factorization_loss, regression_loss, factorization_weight, regression_weight):
    losses = torch.stack((factorization_loss, regression_loss))
    weights = losses.new_tensor((factorization_weight, regression_weight))
    return losses.dot(weights)
