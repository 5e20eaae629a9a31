"""What is done with templates: a license made, a version applied to many, a difference kept, a license held to one."""

from governance.templates.service.applying import ApplyTemplate, apply_template, preview_apply
from governance.templates.service.keeping import HoldLicense, OverrideTemplate, hold_license, override_template
from governance.templates.service.making import make_license, preview_make
from governance.templates.service.making_plan import Made, MakeLicense, MakePreview, NotMade
from governance.templates.service.planning import ApplyPreview, InstancePlan
from governance.templates.service.ruling import SetLicenseRules, set_license_rules
from governance.templates.service.running import request_apply
from governance.templates.service.seeing import Compared, compare, compared_by_id

__all__ = [
    "ApplyPreview",
    "ApplyTemplate",
    "Compared",
    "HoldLicense",
    "InstancePlan",
    "Made",
    "MakeLicense",
    "MakePreview",
    "NotMade",
    "OverrideTemplate",
    "SetLicenseRules",
    "apply_template",
    "compare",
    "compared_by_id",
    "hold_license",
    "make_license",
    "override_template",
    "preview_apply",
    "preview_make",
    "request_apply",
    "set_license_rules",
]
