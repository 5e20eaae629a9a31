"""What is done about journeys: events taken in, value and codes declared, help asked for, one question asked."""

from governance.activation.service.contacts import (
    CloseContact,
    OpenContact,
    close_contact,
    open_contact,
)
from governance.activation.service.declaring import DeclareErrorText, DeclareJourney, declare_error, declare_journey
from governance.activation.service.surveying import answer_survey, ask_survey
from governance.activation.service.taking import rematch_all, take_events

__all__ = [
    "CloseContact",
    "DeclareErrorText",
    "DeclareJourney",
    "OpenContact",
    "answer_survey",
    "ask_survey",
    "close_contact",
    "declare_error",
    "declare_journey",
    "open_contact",
    "rematch_all",
    "take_events",
]
