"""Every table of the house in one import, for migrations, guards and tests."""

from governance.activation import models as activation
from governance.agreements import models as agreements
from governance.alerts import models as alerts
from governance.assignment_rules import models as assignment_rules
from governance.audit import models as audit
from governance.catalog import models as catalog
from governance.compliance import models as compliance
from governance.directory import models as directory
from governance.entitlements import models as entitlements
from governance.fulfillment import models as fulfillment
from governance.holdings import models as holdings
from governance.imports import models as imports
from governance.inventory import models as inventory
from governance.kernel import event, once
from governance.kernel.database import Row
from governance.keys import models as keys
from governance.notices import models as notices
from governance.reorganization import models as reorganization
from governance.requests import models as requests
from governance.reviews import models as reviews
from governance.rulebook import models as rulebook
from governance.runs import models as runs
from governance.seats import models as seats
from governance.templates import models as templates
from governance.tenancy import models as tenancy
from governance.usage import models as usage

ROOMS = (
    event, once, audit, directory, runs, rulebook, notices, catalog, agreements, entitlements, inventory, usage, seats,
    fulfillment, holdings, requests, keys, assignment_rules, activation, templates, alerts, compliance, imports,
    reviews, reorganization, tenancy,
)  # fmt: skip
METADATA = Row.metadata
