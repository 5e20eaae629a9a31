"""What was said and decided about the renewals of the last year, and what is still open."""

from datetime import timedelta

from api.demo.buying import Bought
from api.demo.living import Life, Step
from governance.agreements.spoken import CancelReason, Channel, Outcome, Stage
from governance.kernel.work import Work
from governance.renewals.service import RecordConversation, RecordOutcome, record_conversation, record_outcome

SAID = (
    (
        "m365-e5",
        30,
        "Microsoft, account manager",
        "Prices rise by three percent from January.",
    ),
    ("visio", 24, "Product design", "Half of the seats were never opened. One quarter was agreed to show use."),
    (
        "slack-grid",
        18,
        "Salesforce, renewals desk",
        "Chat moves elsewhere; not to be renewed as it is.",
    ),
)
DECIDED = (
    ("visio", 12, Outcome.CANCELLED, CancelReason.UNUSED, "Unless use rises by the end of the quarter."),
    ("m365-e5", 9, Outcome.EXPANDED, None, "Thirty seats more for Sales, EMEA."),
)


def plan_renewals(life: Life, bought: list[Bought]) -> None:
    """Put the conversations and the intended outcomes of what ends next on the agenda, weeks before the story ends."""
    ends = {each.license.code: each for each in bought if each.license.lots[-1].last_day is not None}
    for code, days, whom, summary in SAID:
        if code in ends:
            life.plan(life.until - timedelta(days=days), _talk(life, ends[code], whom, summary))
    for code, days, outcome, reason, text in DECIDED:
        if code in ends:
            life.plan(life.until - timedelta(days=days), _decide(life, ends[code], outcome, reason, text))


def _talk(life: Life, bought: Bought, whom: str, summary: str) -> Step:
    async def step() -> None:
        day = life.clock.now().date() - timedelta(days=1)  # written down the day after: past in every zone
        command = RecordConversation(
            bought.lots[-1], day, whom, Channel.CALL, summary, "Decide before the notice deadline",
            next_due=day + timedelta(days=14),
        )  # fmt: skip

        async def verb(work: Work) -> None:
            await record_conversation(work, command)

        await life.desk.office.perform(life.company.admin, verb)

    return step


def _decide(life: Life, bought: Bought, outcome: Outcome, reason: CancelReason | None, text: str) -> Step:
    async def step() -> None:
        command = RecordOutcome(
            bought.lots[-1], Stage.INTENDED, outcome, cancel_reason=reason, reason_text=text
        )  # fmt: skip

        async def verb(work: Work) -> None:
            await record_outcome(work, command)

        await life.desk.office.perform(life.company.admin, verb)

    return step
