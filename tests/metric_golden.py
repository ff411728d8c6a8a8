"""Numbers of the reference packages (the versions of interop/requirements.txt), which tests/interop checks against them."""

PRDC = (0.9885714285714285, 0.5325, 2.101714285714286, 0.9675)  # prdc: randn(400, 16) of 0, .8 randn(350, 16) + .2 of 1
    0.9885714285714285,
    0.5325,
    2.101714285714286,
    0.9675,
)  # prdc: RandomState(0).randn(400, 16), .8 randn(350, 16) + .2 of 1
KID = [0.038916003510720644, 0.016282210638640306]  # torch-fidelity: randn(300, 64), randn(280, 64) + .1; 20 subsets of 100
IS = [3.8347010651596647, 0.31122994454267183]  # torch-fidelity: 3 randn(205, 12), 10 splits, shuffled by seed 2020
