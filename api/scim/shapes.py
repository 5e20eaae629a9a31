"""What this door serves: users, groups and their schemas, as far as Lictor holds them, and what it can do."""

from functools import cache
from typing import Annotated, Any

from pydantic import Field, model_validator
from scim2_models import (
    URN,
    Address,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    Entitlement,
    ETag,
    Extension,
    External,
    Filter,
    GroupMembership,
    Im,
    Mutability,
    Name,
    Pagination,
    Patch,
    PhoneNumber,
    Photo,
    Reference,
    Required,
    Resource,
    ResourceType,
    Role,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models import Email as StrictEmail

BULK_OPERATIONS_MOST = 500
BODY_MOST = 1 << 20
RESULTS_MOST, RESULTS_DEFAULT = 500, 100


class Email(ComplexAttribute):
    """A mail address; addresses of closed networks, which no public rule knows, are addresses too."""

    value: str | None = None
    display: str | None = None
    type: StrictEmail.Type | None = None
    primary: bool | None = None


class User(Resource[AnyExtension]):
    """A person of the directory. Passwords and certificates are not held: they are read over, as RFC 7644 allows."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    nick_name: str | None = None
    profile_url: Reference[External] | None = None
    title: str | None = None
    user_type: str | None = None
    preferred_language: str | None = None
    locale: str | None = None
    timezone: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    phone_numbers: list[PhoneNumber] | None = None
    ims: list[Im] | None = None
    photos: list[Photo] | None = None
    addresses: list[Address] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    entitlements: list[Entitlement] | None = None
    roles: list[Role] | None = None


class Manager(ComplexAttribute):
    """Whom a person reports to, by the id of a user."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, CaseExact.true] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display_name: Annotated[str | None, Mutability.read_only] = None

    @model_validator(mode="before")
    @classmethod
    def _of_a_bare_id(cls, value: Any) -> Any:
        """Read an id alone as well: Microsoft Entra sends the manager so."""
        return {"value": value} if isinstance(value, str) else value


class EnterpriseUser(Extension):
    """Where a person stands in their company. Department, else cost center, is looked up among the units."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    employee_number: str | None = None
    cost_center: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    manager: Manager | None = None


class GroupMember(ComplexAttribute):
    """Who is in a group: users, not other groups."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    display: Annotated[str | None, Mutability.read_only] = None


class Group(Resource[Any]):
    """A group of people."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    members: list[GroupMember] | None = None


UserModel: Any = User[EnterpriseUser]
"""A user with the enterprise extension: composed at run time, so a value to the type checker."""

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""What identity providers send beside the RFC: attributes nobody declared, removals by value, entries to be made."""


@cache
def provider() -> ScimProvider:
    """Describe the service, as its three discovery endpoints publish it."""
    return ScimProvider(
        models=[User, EnterpriseUser, Group],
        resource_types=[ResourceType.from_resource(UserModel), ResourceType.from_resource(Group)],
        config=_config(),
        policy=POLICY,
    )


def _config() -> ServiceProviderConfig:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=BULK_OPERATIONS_MOST, max_payload_size=BODY_MOST),
        filter=Filter(supported=True, max_results=RESULTS_MOST),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token of Lictor that may provision people: Authorization: Bearer lic_…",
                spec_uri=Reference[External]("https://www.rfc-editor.org/info/rfc6750"),
                primary=True,
            )
        ],
        pagination=Pagination(
            cursor=False, index=True, default_page_size=RESULTS_DEFAULT, max_page_size=RESULTS_MOST,
            default_pagination_method=Pagination.DefaultPaginationMethod.index,
        ),
    )  # fmt: skip
