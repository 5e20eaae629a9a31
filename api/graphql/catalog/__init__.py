"""The catalog in the graph: vendors, products, ranked tiers, features, and whether a product may be used."""

from api.graphql.catalog.asking import CatalogQueries
from api.graphql.catalog.bonding import BondMutations, BondQueries
from api.graphql.catalog.doing import CatalogMutations
from api.graphql.catalog.things import Approval, Feature, Product, Tier, TierBond, Vendor

__all__ = [
    "Approval",
    "BondMutations",
    "BondQueries",
    "CatalogMutations",
    "CatalogQueries",
    "Feature",
    "Product",
    "Tier",
    "TierBond",
    "Vendor",
]
