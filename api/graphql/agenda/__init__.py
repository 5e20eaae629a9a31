"""Agendas in the graph: items frozen and own, their minutes, votes and decisions, and what was given to do."""

from api.graphql.agenda.asking import ActionQueries, ReviewAgenda
from api.graphql.agenda.doing import AgendaMutations
from api.graphql.agenda.items import AgendaItem, agenda_of
from api.graphql.agenda.tasks import ActionItem

__all__ = ["ActionItem", "ActionQueries", "AgendaItem", "AgendaMutations", "ReviewAgenda", "agenda_of"]
