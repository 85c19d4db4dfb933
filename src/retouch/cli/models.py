"""`retouch models`: what works now, and what each other model is missing."""

from retouch.app.engines import idle_chooser
from retouch.cli.settings import read_settings
from retouch.cli.tables import plain_table, show
from retouch.routing.catalog import MICRO


def models() -> None:
    """List the catalogue: what is available, and what each other model lacks."""
    chooser = idle_chooser(read_settings())
    table = plain_table("model", "credits", "routes", "state")
    for model in chooser.catalog:
        missing = chooser.missing(model)
        routes = ", ".join(f"{route.engine}:{route.model}" for route in model.routes)
        table.add_row(model.id, f"{model.price / MICRO:g}", routes, missing or "available")
    show(table)
