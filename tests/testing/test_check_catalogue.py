"""The contract kit of catalogues passes what keeps the contract, and names what does not."""

import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astroclassify.identify import Catalogue, CatalogueSource
from astroclassify.testing import ContractError, check_catalogue

M51 = SkyCoord(202.47, 47.2, unit="deg")
TABLE = QTable({"name": ["Mine"], "class": ["galaxy"], "ra": [202.5], "dec": [47.2]})


@pytest.mark.parametrize("name", ["builtin", "openngc", "combined"])
def test_catalogues_at_hand_keep_the_contract(name):
    if name != "builtin":
        pytest.importorskip("pyongc")
    check_catalogue(name, position=M51)


def test_a_table_keeps_the_contract():
    check_catalogue(Catalogue(TABLE), position=M51)


class _Nowhere(CatalogueSource):
    def around(self, position, radius):
        return Catalogue(TABLE)

    def resolve(self, name):
        return SkyCoord(0, 0, unit="deg")


def test_broken_rules_are_listed():
    with pytest.raises(ContractError, match=r"resolve\('Mine'\)") as caught:
        check_catalogue(_Nowhere(), position=M51)
    assert len(caught.value.problems) == 2
    with pytest.raises(ContractError, match="no body within the circle"):
        check_catalogue(Catalogue(TABLE), position=SkyCoord(0, 0, unit="deg"))
    with pytest.raises(ContractError, match="expected a CatalogueSource"):
        check_catalogue(3, position=M51)
