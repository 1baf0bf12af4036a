# Two to six mistakes in one submission, put together from pieces of the other files.

# %% p-fork-one
# with: one-pair-under-two-names, bpr-as-cross-entropy
# %% p-fork-two
# with: thirty-two-columns, numbers-of-the-handout
# %% p-fork-three
# with: copies-of-the-first-pair, no-biases-anywhere, mse-summed
# %% p-fork-four
# with: rows-the-other-way-round, seen-movies-compete
# %% p-fork-five
# with: xavier, relu-on-the-output, ties-by-position
# %% p-fork-six
# with: mean-in-place-of-spread, weights-unused
# %% p-fork-seven
# with: from-pretrained, ranking-without-biases
# %% p-fork-eight
# with: users-first-then-movies, bpr-the-wrong-way
# %% p-fork-nine
# with: embeddings-at-zero, zero-start
# %% p-fork-ten
# with: a-row-too-many, ranking-one-too-far
# %% p-pair-one
# with: sigmoids-between, stars-by-a-sigmoid
# %% p-pair-two
# with: layers-without-bias, clamped-ratings
# %% p-pair-three
# with: tanh-modules, three-plus-two-tanh
# %% p-pair-four
# with: a-sigmoid-at-the-end, rating-with-biases
# %% p-pair-five
# with: list-without-relu, bpr-summed
# %% p-pair-six
# with: linear-all-the-way, squeeze-without-a-dimension
# %% p-pair-seven
# with: leaky, product-in-the-middle
# %% p-pair-eight
# with: dropout-between, probabilities
# %% p-pair-nine
# with: two-sizes-only, cosine
# %% p-pair-ten
# with: numbers-of-the-handout, ratings-first, weights-crossed
# %% p-mixed-one
# with: product-left-out, ranking-with-the-shared-names, mse-root
# %% p-mixed-two
# with: columns-are-kept, ranking-turned
# %% p-mixed-three
# with: biases-subtracted, difference-of-the-embeddings
# %% p-mixed-four
# with: sum-in-place-of-the-product, no-grad-around-the-lookup
# %% p-mixed-five
# with: movies-looked-up-by-user, rating-from-the-other-tables, ranking-by-the-rating-tables
# %% p-mixed-six
# with: matrix-product-summed, tasks-mixed-up
# %% p-mixed-seven
# with: everybody-with-the-first-movie, movie-bias-left-out-when-separate
# %% p-mixed-eight
# with: detached-rating, pasted-from-the-other-branch
# %% p-mixed-nine
# with: probabilities, ranking-squashed, bpr-without-sigmoid
# %% p-mixed-ten
# with: a-square-by-broadcasting, ranking-with-a-column-of-movie-biases
# %% p-ranking-one
# with: ranking-itself, ranked-from-below
# %% p-ranking-two
# with: ranking-for-all-users, single-precision
# %% p-ranking-three
# with: ranking-without-the-users-bias, ties-take-the-best-rank, zeros-are-averaged
# %% p-ranking-four
# with: users-are-dropped, nan-for-all
# %% p-ranking-five
# with: ranks-from-zero, every-movie-counts-the-same
# %% p-ranking-six
# with: seen-movies-score-minus-a-hundred, zeros-are-averaged
# %% p-losses-one
# with: bpr-per-pair, mse-absolute, joint-halved
# %% p-losses-two
# with: bpr-the-wrong-way, mse-detached, weights-crossed
# %% p-losses-three
# with: bpr-as-a-number, mse-summed
# %% p-everywhere-one
# with: default-embeddings, relu-on-the-output, no-biases-anywhere, bpr-without-one-minus, only-the-best-heldout-movie
# %% p-everywhere-two
# with: biases-of-the-wrong-class, output-layer-forgotten, squeeze-in-one-branch, ranking-without-biases, mse-root, zero-for-nobody
# %% p-everywhere-three
# with: only-the-movies-are-tied, batch-norm-between, clamped-ratings, weights-unused
# %% p-everywhere-four
# with: movie-bias-per-user, a-layer-in-front, mean-of-the-products, second-weight-from-the-first, seen-movies-score-zero
# %% p-everywhere-five
# with: movie-zero-is-padding, nothing-was-appended, biases-inside-the-sum, bpr-of-the-paper
