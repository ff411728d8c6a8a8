"""The optimizers by name: typed settings with `build(parameters)`.

`consensus` and `lookahead` change the game as well, so they are tricks (`equipoise.tricks`), though they stand here.
"""

from equipoise.optimizers.adam import Adam
from equipoise.optimizers.extragradient import ExtragradientAdam, ExtragradientSGD
from equipoise.optimizers.optimistic import OptimisticAdamSettings
from equipoise.optimizers.rmsprop import RMSprop
from equipoise.optimizers.settings import Settings
from equipoise.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Settings]] = {
    "adam": Adam,
    "sgd": SGD,
    "rmsprop": RMSprop,
    "extragradient_adam": ExtragradientAdam,
    "extragradient_sgd": ExtragradientSGD,
    "optimistic_adam": OptimisticAdamSettings,
}
