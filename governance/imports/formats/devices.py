"""The table of devices: one row is one machine by its serial, what it is, who keeps it and where."""

from governance.imports.formats.cells import line, whole, word, yes
from governance.imports.formats.columns import Column
from governance.inventory.rules import DeviceKind

COLUMNS = (
    Column("serial", "what it is known again by: a serial number, an asset tag, a host name",
           ("serial number", "code", "asset tag", "hostname"), required=True, example="C02XK1", read=line(120)),
    Column("name", "what it is called; blank is its serial", ("device", "device name"), example="Laptop of Ada",
           read=line(200)),
    Column("kind", "WORKSTATION, PORTABLE, HOST or VM; blank is WORKSTATION", ("type",), example="PORTABLE",
           choices=tuple(DeviceKind), read=word(DeviceKind)),
    Column("cores", "how many cores it has; blank is 1", ("cpu cores",), example="8", read=whole),
    Column("host", "of a VM the serial of the HOST that it runs on", example="", read=line(120)),
    Column("cluster", "the cluster it is of", example="", read=line(120)),
    Column("owner", "mail address of who keeps it", ("keeper", "user", "assigned to"), required=True,
           example="ada@halden.example", read=line(254)),
    Column("unit", "code or path of an org unit that exists; blank is the owner's", ("org unit", "department"),
           example="engineering", read=line(260)),
    Column("region", "where it is, such as DE; blank is the owner's country", ("country",), example="DE",
           read=line(10)),
    Column("retired", "yes: it is there no more; blank is no", ("disposed",), example="no", read=yes),
)  # fmt: skip
