"""Every SELECT of templates."""

from governance.templates.queries.held import (
    held_to,
    instance,
    instances_of,
    ladders_of,
    live_versions,
    pools_of_license,
    product_named,
    template_version,
    tier_named,
    unit_named,
    use_lines_of,
    versions,
    visible_instances,
    visible_rules,
)
from governance.templates.queries.licenses import License, licenses

__all__ = [
    "License",
    "held_to",
    "instance",
    "instances_of",
    "ladders_of",
    "licenses",
    "live_versions",
    "pools_of_license",
    "product_named",
    "template_version",
    "tier_named",
    "unit_named",
    "use_lines_of",
    "versions",
    "visible_instances",
    "visible_rules",
]
