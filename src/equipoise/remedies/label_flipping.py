"""One real label of twenty says fake."""

from __future__ import annotations

from equipoise.remedies.remedy import Change, Patient, Remedy


def change(patient: Patient) -> Change | None:
    return None if "label_flipping" in patient.tricks else Change({"tricks.label_flipping": {"p": 0.05, "side": "real"}})


REMEDY = Remedy("label_flipping", ("discriminator_dominance",), change)
