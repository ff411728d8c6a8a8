"""The tricks, by the name that a recipe gives them. Penalties, which add a term to D's loss, have their own folder."""

from equipoise.optimizers.consensus import Consensus
from equipoise.optimizers.lookahead import Lookahead
from equipoise.pieces import Trick
from equipoise.tricks.adaptive_augment import AdaptiveAugment
from equipoise.tricks.adaptive_cadence import AdaptiveCadence
from equipoise.tricks.cadence import FixedCadence
from equipoise.tricks.clip_gradients import ClipGradients
from equipoise.tricks.diff_augment import DiffAugment
from equipoise.tricks.dropout import Dropout
from equipoise.tricks.ema import EMA
from equipoise.tricks.feature_matching import FeatureMatching
from equipoise.tricks.instance_noise import InstanceNoise
from equipoise.tricks.label_flipping import LabelFlipping
from equipoise.tricks.label_noise import LabelNoise
from equipoise.tricks.label_smoothing import LabelSmoothing
from equipoise.tricks.minibatch_discrimination import MinibatchDiscrimination
from equipoise.tricks.minibatch_stddev import MinibatchStdDev
from equipoise.tricks.packing import Packing
from equipoise.tricks.replay import Replay
from equipoise.tricks.spectral_norm import SpectralNorm
from equipoise.tricks.two_rates import TwoRates
from equipoise.tricks.unrolled import Unrolled
from equipoise.tricks.weight_clipping import WeightClipping

TRICKS: dict[str, type[Trick]] = {
    "label_smoothing": LabelSmoothing,
    "label_noise": LabelNoise,
    "label_flipping": LabelFlipping,
    "instance_noise": InstanceNoise,
    "diff_augment": DiffAugment,
    "adaptive_augment": AdaptiveAugment,
    "packing": Packing,  # after what changes single samples
    "minibatch_discrimination": MinibatchDiscrimination,
    "minibatch_stddev": MinibatchStdDev,
    "dropout": Dropout,
    "spectral_norm": SpectralNorm,  # after those that change D's layers
    "feature_matching": FeatureMatching,
    "unrolled": Unrolled,
    "replay": Replay,
    "two_rates": TwoRates,
    "cadence": FixedCadence,
    "adaptive_cadence": AdaptiveCadence,
    "clip_gradients": ClipGradients,
    "weight_clipping": WeightClipping,
    "consensus": Consensus,
    "lookahead": Lookahead,
    "ema": EMA,
}
