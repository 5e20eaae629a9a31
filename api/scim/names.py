"""How attributes are called on the wire and in the records, and the form in which their values are compared."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from scim2_models import AttributeBinding, ComplexAttribute, Path

from api.scim.shapes import EnterpriseUser, Group, User, UserModel

ENTERPRISE = str(EnterpriseUser.__schema__)
PREFIX = "enterprise:"
_PATH: Any = Path
_USER_PATH, _GROUP_PATH = _PATH[UserModel], _PATH[Group]
SIMPLE = (
    "display_name", "nick_name", "profile_url", "title", "user_type", "preferred_language", "locale", "timezone",
)  # fmt: skip
LISTS = ("emails", "phone_numbers", "ims", "photos", "addresses", "entitlements", "roles")
ENTERPRISE_SIMPLE = ("employee_number", "cost_center", "organization", "division", "department")


@cache
def wire(model: type[BaseModel], field: str) -> str:
    """Give the name that a field has on the wire, such as familyName."""
    return model.model_fields[field].serialization_alias or field


@cache
def attribute(field: str) -> str:
    """Give the name under which an attribute of a user is kept; those of the extension carry a prefix."""
    return PREFIX + wire(EnterpriseUser, field) if field in EnterpriseUser.model_fields else wire(User, field)


@cache
def item_model(field: str) -> type[ComplexAttribute]:
    """Give the model of one entry of a list, or of a complex attribute."""
    binding: AttributeBinding = _binding(wire(User, field))
    assert binding.field_type is not None
    assert issubclass(binding.field_type, ComplexAttribute)
    return binding.field_type


@cache
def _binding(path: str) -> Any:
    return _USER_PATH(path).resolve()


def folded(kept: str, part: str, value: str) -> str:
    """Give the form in which a value is compared: normalized, and in lower case unless its case counts."""
    path = f"{ENTERPRISE}:{kept.removeprefix(PREFIX)}" if kept.startswith(PREFIX) else kept
    said = _binding(f"{path}.{part}" if part else path).comparable(value)
    assert isinstance(said, str)
    return said


def folded_group(name: str) -> str:
    """Give the form in which the name of a group is compared."""
    said = _GROUP_PATH("displayName").resolve().comparable(name)
    assert isinstance(said, str)
    return said
