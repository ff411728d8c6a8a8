"""The networks, by kind: dataclasses of settings with `build(latent, shape) -> (G, D)`."""

from equipoise.networks.dcgan import DCGAN
from equipoise.networks.mlp import MLP
from equipoise.networks.network import Network
from equipoise.networks.resnet import ResNet

NETWORKS: dict[str, type[Network]] = {"dcgan": DCGAN, "mlp": MLP, "resnet": ResNet}
