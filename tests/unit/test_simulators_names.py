"""Are the simulators that a supervisor knows by name those that there are?"""

from tael.simulators import CHANNELS, OTHERS
from tael.simulators.registry import PROVIDERS, SIMULATORS


def test_each_simulator_is_known_by_name_in_the_same_order_because_its_place_is_its_port() -> None:
    assert list(SIMULATORS) == list(CHANNELS)
    assert list(PROVIDERS) == list(OTHERS)
