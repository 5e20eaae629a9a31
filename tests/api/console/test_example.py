"""The example that teaches page files is itself a page file."""

import textwrap

import api.console
from api.console.declare import DetailPage, FormPage, TablePage


def test_the_example_declares_pages():
    doc = api.console.__doc__
    begin = doc.index('    """Vendors')
    example = textwrap.dedent(
        doc[begin : doc.index("    PAGES = (LIST, FORM, DETAIL)\n")] + "    PAGES = (LIST, FORM, DETAIL)\n"
    )
    told = {}
    exec(compile(example, "example", "exec"), told)
    assert [type(page) for page in told["PAGES"]] == [TablePage, FormPage, DetailPage]
    assert all(column.label.startswith("vendors.") for column in told["LIST"].columns)
