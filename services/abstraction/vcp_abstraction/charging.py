"""The one core that the service runs with. Says only which functions it is made of."""

from vcp_abstraction.charger import Charger, Surroundings
from vcp_abstraction.core import Core
from vcp_abstraction.decide import decide, fire, give_up
from vcp_abstraction.due import next_due
from vcp_abstraction.view import view_of

CORE = Core(
    blank=Charger,
    load=Charger.load,
    surround=Surroundings,
    decide=decide,
    fire=fire,
    give_up=give_up,
    view=view_of,
    next_due=next_due,
)
