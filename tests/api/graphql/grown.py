"""An estate with at least three of everything that the graph lists, so that pages have edges."""

from datetime import timedelta

from sqlalchemy import select

from governance.audit.models import Entry
from governance.catalog.models import Approval, Feature, ListPrice, Product, Tier, TierFeature
from governance.catalog.rules import ApprovalStatus
from governance.directory.models import ServiceAccount, Token
from governance.notices.models import Notice
from governance.notices.rules import Channel
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState
from governance.runs.models import Run
from governance.runs.rules import RunKind
from governance.usage.models import Feed, UsageEvent
from tests.estate import Estate

THREE = range(3)


async def grown(estate: Estate) -> Estate:
    """Add licenses, runs, notices, policies, usage, tokens and entries of the trail, three of each."""
    now = estate.office.clock.now()
    for n in THREE:
        await estate.license(f"license-{n}", pools={"a": 2, "b": 1})
        await _catalog(estate, n)
        at = now + timedelta(seconds=n // 2)  # two at the same instant: the id decides
        account = await estate.add(
            ServiceAccount(**estate.key(), name=f"machine-{n}", unit_id=estate.units["it"], created_at=at)
        )
        await estate.add(
            Token(
                **estate.key(), name=f"token-{n}", service_account_id=account.id, prefix="lic_0000",
                secret_hash=f"{estate.tenant_id.hex}{n}", created_at=at,
            )
        )  # fmt: skip
        await estate.add(
            Run(
                **estate.key(), kind=RunKind.SCAN, asked={}, principal=f"person:{estate.people['admin']}",
                created_at=at, rows_done=1, rows_all=4,
            )
        )  # fmt: skip
        await estate.add(
            Notice(
                **estate.key(), person_id=estate.people["ada"], channel=Channel.MAIL, text_key="seat_invited",
                facts={"name": "Ada"}, dedupe_key=f"grown-{n}", next_try_at=at, recorded_at=at,
            )
        )  # fmt: skip
        await estate.add(
            PolicyVersion(
                **estate.key(), kind=PolicyKind.ROLES, number=n + 1, state=VersionState.RETIRED, content={"lines": []},
                examples=[], note="grown", drafted_by="system:tests", drafted_at=at,
            )
        )  # fmt: skip
        await estate.add(
            Feed(**estate.key(), source=f"source-{n}", last_event_at=at, last_heard_at=at, events=3_000_000_000)
        )
        await estate.add(
            UsageEvent(
                **estate.key(), source="source-0", source_id=str(n), type="lictor.seat.used",
                person_id=estate.people["cleo"], occurred_at=at, recorded_at=at, data={},
            )
        )  # fmt: skip
        await estate.add(
            Entry(
                **estate.key(), recorded_at=at, actor=f"person:{estate.people['admin']}", act="unit:edit",
                subject_type="unit", subject_id=estate.units["it"], after={"name": "IT"}, request_id=estate.tenant_id,
            )
        )  # fmt: skip
    return estate


async def _catalog(estate: Estate, n: int) -> None:
    async with estate.office.database.read(estate.tenant_id) as session:
        own = select(Product).where(Product.tenant_id == estate.tenant_id).order_by(Product.code)
        products = (await session.execute(own)).scalars().all()
        tiers = (await session.execute(select(Tier).where(Tier.product_id == products[-1].id))).scalars().all()
    feature = await estate.add(Feature(**estate.key(), code=f"feature-{n}", name=f"Feature {n}"))
    for tier in tiers:
        await estate.add(TierFeature(**estate.key(), tier_id=tier.id, feature_id=feature.id))
        currency = ("EUR", "USD", "CHF", "GBP")[n % 4]
        if n < 4:
            await estate.add(
                ListPrice(
                    **estate.key(), tier_id=tier.id, currency=currency, micros=57_000_000,
                    recorded_at=estate.office.clock.now(),
                )
            )  # fmt: skip
    await estate.add(
        Approval(
            **estate.key(), product_id=products[-1].id, status=ApprovalStatus.APPROVED, decided_by="system:tests",
            reason="grown", recorded_at=estate.office.clock.now(),
        )
    )  # fmt: skip
