"""What is done with checks and findings: scan, acknowledge, waive."""

from governance.compliance.service.findings import acknowledge_finding, reopen_waived, waive_finding
from governance.compliance.service.scans import scan, start_scan

__all__ = ["acknowledge_finding", "reopen_waived", "scan", "start_scan", "waive_finding"]
