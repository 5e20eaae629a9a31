"""Templates in the graph: versions, licenses made of them, what differs, and what another version would change."""

from api.graphql.templates.asking import TemplateQueries
from api.graphql.templates.doing import TemplateMutations

__all__ = ["TemplateMutations", "TemplateQueries"]
