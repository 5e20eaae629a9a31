"""What an operator does to a whole tenant, seeing nothing of it: suspend, resume, export, delete with a certificate."""

from governance.tenancy.service.erasing import DeleteTenant, delete_tenant, verify_certificate
from governance.tenancy.service.exporting import Exported, export_tenant
from governance.tenancy.service.suspending import resume_tenant, suspend_tenant

__all__ = [
    "DeleteTenant",
    "Exported",
    "delete_tenant",
    "export_tenant",
    "resume_tenant",
    "suspend_tenant",
    "verify_certificate",
]
