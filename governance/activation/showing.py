"""Whose call for help may be told: whoever asked here wants to be found, a service desk's word is usage."""

from sqlalchemy import ColumnElement, or_

from governance.activation.models import SupportContact
from governance.activation.service.contacts import HERE
from governance.kernel.work import Work
from governance.usage.showing import told_of


def contact_told(work: Work) -> ColumnElement[bool]:
    """Say which contacts may be told: whoever asked for help here wants to be found, a service desk's word is usage."""
    return or_(SupportContact.source == HERE, told_of(work, SupportContact.person_id))
