"""How a remedy asks for learning rates: as the trick two_rates has them, schedules and warmup left behind."""

from equipoise.remedies.remedy import Change, Patient


def both(patient: Patient, g: float, d: float) -> Change:
    return Change({"tricks.two_rates": {"g_rate": g, "d_rate": d}})


def only_g(patient: Patient, rate: float) -> Change:
    return both(patient, rate, patient.d_rate)


def only_d(patient: Patient, rate: float) -> Change:
    return both(patient, patient.g_rate, rate)
