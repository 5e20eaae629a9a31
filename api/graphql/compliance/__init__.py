"""Compliance in the graph: the checks there are, scans of them, and findings with what is, what is needed, and why."""

from api.graphql.compliance.asking import ComplianceQueries
from api.graphql.compliance.doing import ComplianceMutations
from api.graphql.compliance.things import Check, Finding, FindingStep, Scan

__all__ = ["Check", "ComplianceMutations", "ComplianceQueries", "Finding", "FindingStep", "Scan"]
