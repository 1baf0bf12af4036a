# Question 1b: dense layers.

# %% two-sizes-only
# 1b: Only the first two layer_sizes are used: whatever comes after them makes no layer.
def init_mlp_layers(self, layer_sizes):
    mlp_layers = nn.Sequential(
        nn.Linear(layer_sizes[0], layer_sizes[1]),
        nn.ReLU(),
        nn.Linear(layer_sizes[1], 1),
    )
    return mlp_layers

# %% numbers-of-the-handout (part)
# 1b: 96 and 64 are written into the code; layer_sizes is not read.
def init_mlp_layers(self, layer_sizes):
    return nn.Sequential(nn.Linear(96, 64), nn.ReLU(), nn.Linear(64, 1))

# %% relu-on-the-output
# 1b: A ReLU follows the last layer too, so that no rating is below zero.
def init_mlp_layers(self, layer_sizes):
    modules = []
    widths = [*layer_sizes, 1]
    for w_in, w_out in zip(widths, widths[1:]):
        modules.extend((nn.Linear(w_in, w_out), nn.ReLU(inplace=True)))
    return nn.Sequential(*modules)

# %% linear-all-the-way (part)
# 1b: No activation stands between the layers.
def init_mlp_layers(self, layer_sizes):
    widths = list(layer_sizes)
    widths.append(1)
    return nn.Sequential(*(nn.Linear(widths[n], widths[n + 1]) for n in range(len(layer_sizes))))

# %% output-layer-forgotten
# 1b: The layer with one output is missing: the layers end with the last of layer_sizes.
def init_mlp_layers(self, layer_sizes):
    blocks = []
    for i in range(len(layer_sizes) - 1):
        blocks.append(nn.Linear(layer_sizes[i], layer_sizes[i + 1]))
        blocks.append(nn.ReLU())
    return nn.Sequential(*blocks[:-1])

# %% a-layer-in-front
# 1b: There is a layer too many in front, from layer_sizes[0] to layer_sizes[0].
def init_mlp_layers(self, layer_sizes):
    layers = [nn.Linear(layer_sizes[0], layer_sizes[0]), nn.ReLU()]
    prev = layer_sizes[0]
    for size in layer_sizes[1:]:
        layers += [nn.Linear(prev, size), nn.ReLU()]
        prev = size
    layers.append(nn.Linear(prev, 1))
    return nn.Sequential(*layers)

# %% a-layer-in-the-middle
# 1b: There is a hidden layer too many before the output, as wide as the last of layer_sizes.
def init_mlp_layers(self, layer_sizes):
    layers = []
    for a, b in zip(layer_sizes, [*layer_sizes[1:], layer_sizes[-1]]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    layers += [nn.Linear(layer_sizes[-1], 1)]
    return nn.Sequential(*layers)

# %% sigmoids-between (part)
# 1b: Sigmoids stand where the ReLUs should.
def init_mlp_layers(self, layer_sizes):
    dims = tuple(layer_sizes) + (1,)
    seq = []
    for d, e in zip(dims[:-1], dims[1:]):
        seq.append(nn.Linear(d, e))
        seq.append(nn.Sigmoid())
    seq.pop()
    return nn.Sequential(*seq)

# %% dropout-between (part)
# 1b: Dropout was added between the layers, so training mode gives other numbers each time.
def init_mlp_layers(self, layer_sizes):
    layers = []
    for i, n in enumerate(layer_sizes):
        last = i == len(layer_sizes) - 1
        layers.append(nn.Linear(n, 1 if last else layer_sizes[i + 1]))
        if not last:
            layers += [nn.ReLU(), nn.Dropout(0.2)]
    return nn.Sequential(*layers)

# %% batch-norm-between
# 1b: Batch normalization was added between the layers.
def init_mlp_layers(self, layer_sizes):
    layers = []
    for i in range(1, len(layer_sizes)):
        layers.append(nn.Linear(layer_sizes[i - 1], layer_sizes[i]))
        layers.append(nn.BatchNorm1d(layer_sizes[i]))
        layers.append(nn.ReLU())
    layers.append(nn.Linear(layer_sizes[-1], 1))
    return nn.Sequential(*layers)

# %% layer-norm-between
# 1b: Layer normalization was added between the layers.
def init_mlp_layers(self, layer_sizes):
    hidden = [
        nn.Sequential(nn.Linear(a, b), nn.LayerNorm(b), nn.ReLU())
        for a, b in zip(layer_sizes, layer_sizes[1:])
    ]
    return nn.Sequential(*hidden, nn.Linear(layer_sizes[-1], 1))

# %% a-plain-list modulelist
# 1b: The layers are in a Python list, so they are not registered and never trained.
def init_mlp_layers(self, layer_sizes):
    mlp = []
    for i in range(len(layer_sizes) - 1):
        mlp.append(nn.Linear(layer_sizes[i], layer_sizes[i + 1]))
    mlp.append(nn.Linear(layer_sizes[-1], 1))
    return mlp

# %% one-name-for-all-layers
# 1b: All layers are added under one name, so each replaces the one before and only the last is left.
def init_mlp_layers(self, layer_sizes):
    mlp_layers = nn.Sequential()
    for a, b in zip(layer_sizes, list(layer_sizes[1:]) + [1]):
        mlp_layers.add_module("linear", nn.Linear(a, b))
        if b != 1:
            mlp_layers.add_module("relu", nn.ReLU())
    return mlp_layers

# %% layers-without-bias (part)
# 1b: The layers have no bias.
def init_mlp_layers(self, layer_sizes):
    out = list(layer_sizes[1:]) + [1]
    stack = [nn.Linear(layer_sizes[0], out[0], bias=False)]
    for i in range(1, len(out)):
        stack += [nn.ReLU(), nn.Linear(out[i - 1], out[i], bias=False)]
    return nn.Sequential(*stack)

# %% relu-before-the-last-only
# 1b: There is one ReLU, before the last layer; the earlier layers have none between them.
def init_mlp_layers(self, layer_sizes):
    linears = [nn.Linear(p, n) for p, n in zip(layer_sizes[:-1], layer_sizes[1:])]
    return nn.Sequential(*linears, nn.ReLU(), nn.Linear(layer_sizes[-1], 1))

# %% nothing-was-appended
# 1b: mlp_layers holds no layer at all: the list is filled after the module was made of it.
def init_mlp_layers(self, layer_sizes):
    layers = []
    mlp_layers = nn.Sequential(*layers)
    for a, b in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers.append(nn.Linear(a, b))
        layers.append(nn.ReLU())
    return mlp_layers

# %% constant-start
# 1b: All weights of the layers start with one number, 0.01, so the units of a layer stay alike.
def init_mlp_layers(self, layer_sizes):
    layers = nn.Sequential()
    for a, b in zip(layer_sizes, (*layer_sizes[1:], 1)):
        lin = nn.Linear(a, b)
        nn.init.constant_(lin.weight, 0.01)
        nn.init.zeros_(lin.bias)
        layers.append(lin)
        layers.append(nn.ReLU())
    return layers[:-1]

# %% zero-start (part)
# 1b: The weights and biases of the layers all start at zero.
def init_mlp_layers(self, layer_sizes):
    widths = (*layer_sizes, 1)
    layers = []
    for i in range(len(layer_sizes)):
        layer = nn.Linear(widths[i], widths[i + 1])
        with torch.no_grad():
            for p in layer.parameters():
                p.zero_()
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])

# %% leaky (part)
# 1b: LeakyReLU stands where ReLU should.
def init_mlp_layers(self, layer_sizes):
    sizes = [*layer_sizes, 1]
    body = [m for a, b in zip(sizes, sizes[1:]) for m in (nn.Linear(a, b), nn.LeakyReLU(0.1))]
    return nn.Sequential(*body[:-1])

# %% tanh-modules (part)
# 1b: Tanh stands where ReLU should.
def init_mlp_layers(self, layer_sizes):
    layers = []
    for i, width in enumerate(layer_sizes[:-1]):
        layers.append(nn.Linear(width, layer_sizes[i + 1]))
        layers.append(nn.Tanh())
    return nn.Sequential(*layers, nn.Linear(layer_sizes[-1], 1))

# %% a-sigmoid-at-the-end (part)
# 1b: A sigmoid follows the last layer.
def init_mlp_layers(self, layer_sizes):
    outputs = list(layer_sizes[1:]) + [1]
    layers = []
    for n_in, n_out in zip(layer_sizes, outputs):
        layers.append(nn.Linear(n_in, n_out))
        layers.append(nn.ReLU() if n_out != 1 else nn.Sigmoid())
    return nn.Sequential(*layers)

# %% list-without-relu modulelist (part)
# 1c: forward runs the layers of the ModuleList one after another without a ReLU between them.
# (1b allows a plain ModuleList of dense layers, as the host has: what forward leaves out is 1c's.)
def run_mlp(self, u, q):
    h = torch.cat([u, q, u * q], 1)
    for layer in self.mlp_layers:
        h = layer(h)
    return h.squeeze(1)

# %% as-many-outputs-as-inputs
# 1b: The last layer has layer_sizes[-1] outputs in place of one.
def init_mlp_layers(self, layer_sizes):
    layers = []
    for i in range(len(layer_sizes)):
        n_out = layer_sizes[min(i + 1, len(layer_sizes) - 1)]
        layers.append(nn.Linear(layer_sizes[i], n_out))
        if i < len(layer_sizes) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% relu-in-front
# 1b: A ReLU stands before the first layer too and cuts the negative inputs off.
def init_mlp_layers(self, layer_sizes):
    layers = []
    for a, b in zip(layer_sizes, (*layer_sizes[1:], 1)):
        layers.append(nn.ReLU())
        layers.append(nn.Linear(a, b))
    return nn.Sequential(*layers)

# %% one-hidden-layer-again-and-again
# 1b: The hidden layers of equal width are one and the same module.
def init_mlp_layers(self, layer_sizes):
    made = {}
    layers = []
    for pair in zip(layer_sizes, (*layer_sizes[1:], 1)):
        if pair not in made:
            made[pair] = nn.Linear(*pair)
        layers += [made[pair], nn.ReLU()]
    return nn.Sequential(*layers[:-1])
