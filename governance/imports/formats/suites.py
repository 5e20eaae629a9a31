"""The table of suites and add-ons: one row says of one tier what it contains, or on which base it stands."""

from governance.catalog.rules import BondKind
from governance.imports.formats.cells import line, word, yes
from governance.imports.formats.columns import Column

COLUMNS = (
    Column("product", "the suite or the add-on: a product of the catalog by code or name", ("suite",), required=True,
           example="work-suite", read=line(200)),
    Column("tier", "its tier by code or name", ("suite tier",), required=True, example="E3", read=line(200)),
    Column("says", "CONTAINS (a suite and its part) or REQUIRES (an add-on and one of its bases)", ("kind",),
           required=True, example="CONTAINS", choices=tuple(BondKind), read=word(BondKind)),
    Column("other_product", "the part or the base: a product of the catalog by code or name", ("part", "base"),
           required=True, example="write", read=line(200)),
    Column("other_tier", "its tier by code or name; blank is the whole product", ("part tier", "base tier"),
           example="Pro", read=line(200)),
    Column("holds", "yes or no; blank is yes, no ends what is known from now on", example="yes",
           choices=("yes", "no"), read=yes),
    Column("reason", "why it is said, such as the vendor's terms", required=True, example="Product terms, page 12",
           read=line(400)),
)  # fmt: skip
