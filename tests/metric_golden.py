"""Numbers of the reference packages (the versions of interop/requirements.txt), which tests/interop checks against them."""

# prdc, k = 5: RandomState(0).randn(400, 16) against 0.8 RandomState(1).randn(350, 16) + 0.2
PRDC = (0.9885714285714285, 0.5325, 2.101714285714286, 0.9675)
# torch-fidelity, mean and std: RandomState(0).randn(300, 64) against RandomState(1).randn(280, 64) + 0.1; 20 subsets of 100
KID = [0.038916003510720644, 0.016282210638640306]
# torch-fidelity, mean and std: 3 RandomState(0).randn(205, 12) as logits, 10 splits, shuffled by seed 2020
IS = [3.8347010651596647, 0.31122994454267183]
