"""Wards: failures on purpose and healthy games, by kind of data."""

from equipoise.clinic.wards.bursts import NAIVE
from equipoise.clinic.wards.data import BASES as BASES
from equipoise.clinic.wards.data import ENOUGH as ENOUGH
from equipoise.clinic.wards.data import source as source
from equipoise.clinic.wards.dirac import CIRCLES
from equipoise.clinic.wards.failures import RATES as RATES
from equipoise.clinic.wards.failures import failures
from equipoise.clinic.wards.healthy import healthy
from equipoise.clinic.wards.ward import Ward as Ward

MANY = ("ring", "grid", "mnist", "fashion")  # kinds of data with all causes
ALL = (*(ward for data in MANY for ward in (*failures(data), *healthy(data))), NAIVE, *CIRCLES)
WARDS: dict[str, Ward] = {f"{ward.data}/{ward.name}": ward for ward in ALL}
SCORED = ("ring", "mnist")  # whose wards the diagnosis was scored on
