"""One license, end to end: through the terminal, the graph, mail, usage, checks, workbook, board, and a killed server."""

from pathlib import Path

from tests.journey.chapters import accept, alerted, assign, buy, enter_people, found, use
from tests.journey.house import House, Postbox
from tests.journey.proving import audit, grow, kill, review, revoke


def test_every_audience_does_its_first_job(house: House, box: tuple[Postbox, int], tmp_path: Path) -> None:
    journey = found(house, box[0], tmp_path)
    buy(journey)
    enter_people(journey)
    assign(journey)
    accept(journey, "ada", "ben")
    use(journey)
    alerted(journey)
    auditor = audit(journey)
    grow(journey)
    review(journey)
    revoke(journey, auditor)
    kill(journey)
